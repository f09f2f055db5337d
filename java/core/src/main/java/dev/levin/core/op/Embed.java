package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Row lookup: {@code out[t] = scale * table[ids[t]]}. Also gathers activation rows. Bit-exact up to
 * the one multiplication in float32 and the rounding to out.
 *
 * @param table [V, C], any dtype
 * @param ids [T] I32, each in [0, V)
 * @param out [T, C], of any activation type
 */
public record Embed(Tensor table, Tensor ids, Tensor out, float scale) implements Op {
  public Embed {
    Check.dtype("ids", ids, DType.I32);
    Check.shape("table", table, Check.ANY, Check.ANY);
    Check.shape("ids", ids, Check.ANY);
    Check.activation("out", out, ids.dim(0), table.dim(1));
  }

  @Override
  public DType activationType() {
    return out.dtype();
  }
}
