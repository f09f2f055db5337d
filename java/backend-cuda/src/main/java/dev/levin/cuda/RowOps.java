package dev.levin.cuda;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import dev.levin.core.op.Convert;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.SoftCap;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.levin_add_args;
import dev.levin.cuda.binding.levin_convert_args;
import dev.levin.cuda.binding.levin_copy_pages_args;
import dev.levin.cuda.binding.levin_embed_args;
import dev.levin.cuda.binding.levin_gated_activation_args;
import dev.levin.cuda.binding.levin_rms_norm_args;
import dev.levin.cuda.binding.levin_soft_cap_args;

/** Ops in which each output element needs one element or one row. */
final class RowOps {
  private final Arguments arguments;

  RowOps(Arguments arguments) {
    this.arguments = arguments;
  }

  PreparedOp of(Add op) {
    levin_add_args args = arguments.begin(op.name(), levin_add_args.class, levin_add_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.y(), "y", op.y());
    arguments.tensor(args.out(), "out", op.out());
    args.scale(op.scale());
    return new PreparedOp(op, stream -> Levin.levin_add(stream, args));
  }

  PreparedOp of(SoftCap op) {
    levin_soft_cap_args args =
        arguments.begin(op.name(), levin_soft_cap_args.class, levin_soft_cap_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.out(), "out", op.out());
    args.cap(op.cap());
    return new PreparedOp(op, stream -> Levin.levin_soft_cap(stream, args));
  }

  PreparedOp of(GatedActivation op) {
    levin_gated_activation_args args =
        arguments.begin(
            op.name(), levin_gated_activation_args.class, levin_gated_activation_args::new);
    arguments.tensor(args.gate(), "gate", op.gate());
    arguments.tensor(args.up(), "up", op.up());
    arguments.tensor(args.out(), "out", op.out());
    args.activation(op.activation().ordinal());
    return new PreparedOp(op, stream -> Levin.levin_gated_activation(stream, args));
  }

  PreparedOp of(RmsNorm op) {
    levin_rms_norm_args args =
        arguments.begin(op.name(), levin_rms_norm_args.class, levin_rms_norm_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.weight(), "weight", op.weight());
    arguments.tensor(args.out(), "out", op.out());
    args.eps(op.eps());
    args.weight_bias(op.weightBias());
    return new PreparedOp(op, stream -> Levin.levin_rms_norm(stream, args));
  }

  PreparedOp of(Embed op) {
    levin_embed_args args =
        arguments.begin(op.name(), levin_embed_args.class, levin_embed_args::new);
    arguments.tensor(args.table(), "table", op.table());
    arguments.tensor(args.ids(), "ids", op.ids());
    arguments.tensor(args.out(), "out", op.out());
    args.scale(op.scale());
    return new PreparedOp(op, stream -> Levin.levin_embed(stream, args));
  }

  PreparedOp of(Convert op) {
    levin_convert_args args =
        arguments.begin(op.name(), levin_convert_args.class, levin_convert_args::new);
    arguments.tensor(args.x(), "x", op.x());
    arguments.tensor(args.out(), "out", op.out());
    return new PreparedOp(op, stream -> Levin.levin_convert(stream, args));
  }

  /** Pages are bytes to it, whatever they hold. */
  PreparedOp of(CopyPages op) {
    Tensor cache = op.cache();
    long pages = cache.dim(0);
    long pageBytes = pages == 0 ? 0 : cache.byteSize() / pages;
    Tensor bytes = Tensor.of(DType.U8, Shape.of(pages, pageBytes), cache.buffer(), cache.offset());
    levin_copy_pages_args args =
        arguments.begin(op.name(), levin_copy_pages_args.class, levin_copy_pages_args::new);
    arguments.tensor(args.cache(), "cache", bytes);
    arguments.tensor(args.from(), "from", op.from());
    arguments.tensor(args.to(), "to", op.to());
    return new PreparedOp(op, stream -> Levin.levin_copy_pages(stream, args));
  }
}
