package dev.levin.cuda;

import dev.levin.core.op.Attention;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeTable;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.levin_attention_args;
import dev.levin.cuda.binding.levin_merge_attention_args;
import dev.levin.cuda.binding.levin_rope_append_args;
import dev.levin.cuda.binding.levin_rope_table_args;

/** Rotary embedding, what it writes to pages, and attention over them. */
final class AttentionOps {
  private final Arguments arguments;

  AttentionOps(Arguments arguments) {
    this.arguments = arguments;
  }

  PreparedOp of(RopeTable op) {
    levin_rope_table_args args =
        arguments.begin(op.name(), levin_rope_table_args.class, levin_rope_table_args::new);
    arguments.tensor(args.positions(), "positions", op.positions());
    arguments.tensor(args.inv_freq(), "invFreq", op.invFreq());
    arguments.tensor(args.out(), "out", op.out());
    args.scale(op.scale());
    return new PreparedOp(op, stream -> Levin.levin_rope_table(stream, args));
  }

  PreparedOp of(RopeAppend op) {
    levin_rope_append_args args =
        arguments.begin(op.name(), levin_rope_append_args.class, levin_rope_append_args::new);
    arguments.tensor(args.q(), "q", op.q());
    arguments.tensor(args.k(), "k", op.k());
    arguments.tensor(args.v(), "v", op.v());
    arguments.tensor(args.cos_sin(), "cosSin", op.cosSin());
    arguments.tensor(args.slot_mapping(), "slotMapping", op.slotMapping());
    arguments.tensor(args.k_cache(), "kCache", op.kCache());
    arguments.tensor(args.v_cache(), "vCache", op.vCache());
    args.style(op.style().ordinal());
    args.rotary_offset(op.rotaryOffset());
    return new PreparedOp(op, stream -> Levin.levin_rope_append(stream, args));
  }

  PreparedOp of(Attention op) {
    levin_attention_args args =
        arguments.begin(op.name(), levin_attention_args.class, levin_attention_args::new);
    arguments.tensor(args.q(), "q", op.q());
    arguments.tensor(args.k_cache(), "kCache", op.kCache());
    arguments.tensor(args.v_cache(), "vCache", op.vCache());
    arguments.tensor(args.out(), "out", op.out());
    arguments.tensor(args.lse(), "lse", op.lse());
    arguments.tensor(args.sinks(), "sinks", op.sinks());
    arguments.tensor(args.tree_mask(), "treeMask", op.treeMask());
    arguments.batch(args.batch(), op.batch());
    args.sm_scale(op.smScale());
    args.soft_cap(op.softCap());
    args.window(op.window());
    args.causal(op.causal() ? 1 : 0);
    return new PreparedOp(op, stream -> Levin.levin_attention(stream, args))
        .withBatch(op.batch(), args.batch())
        .withWorkspace(bytes -> Levin.levin_attention_workspace(args, bytes), args.workspace());
  }

  PreparedOp of(MergeAttention op) {
    levin_merge_attention_args args =
        arguments.begin(
            op.name(), levin_merge_attention_args.class, levin_merge_attention_args::new);
    arguments.tensor(args.a(), "a", op.a());
    arguments.tensor(args.lse_a(), "lseA", op.lseA());
    arguments.tensor(args.b(), "b", op.b());
    arguments.tensor(args.lse_b(), "lseB", op.lseB());
    arguments.tensor(args.out(), "out", op.out());
    arguments.tensor(args.lse(), "lse", op.lse());
    return new PreparedOp(op, stream -> Levin.levin_merge_attention(stream, args));
  }
}
