package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Rotates queries in place, rotates keys, and writes keys and values into their pages (RoFormer, Su
 * et al. 2021). k and v themselves are left unchanged.
 *
 * <p>The rotation covers elements [rotaryOffset, rotaryOffset + R) of each head; without a table
 * nothing is rotated and keys are only written. Pages other than those of the slot mapping keep
 * their bytes.
 *
 * @param q [T, H, Dk], rotated in place
 * @param k [T, Hkv, Dk] like q
 * @param v [T, Hkv, Dv] like q, or null when values are a prefix of the keys (latent attention)
 * @param cosSin [T, R] F32 from {@link RopeTable}, or null
 * @param slotMapping [T] I32: page * pageSize + slot; a negative slot writes nothing
 * @param kCache [pages, Hkv, pageSize, Dk], any encodable dtype
 * @param vCache [pages, Hkv, pageSize, Dv], same dtype, null exactly when v is
 */
public record RopeAppend(
    Tensor q,
    Tensor k,
    Tensor v,
    Tensor cosSin,
    RopeStyle style,
    int rotaryOffset,
    Tensor slotMapping,
    Tensor kCache,
    Tensor vCache)
    implements Op {
  public RopeAppend {
    Check.activation("q", q, Check.ANY, Check.ANY, Check.ANY);
    Check.like("k", k, q, q.dim(0), Check.ANY, q.dim(2));
    Check.dtype("slotMapping", slotMapping, DType.I32);
    Check.shape("slotMapping", slotMapping, q.dim(0));
    Check.shape("kCache", kCache, Check.ANY, k.dim(1), Check.ANY, k.dim(2));
    Check.that((v == null) == (vCache == null), "v and vCache must both be given or both be null");
    if (v != null) {
      Check.like("v", v, q, q.dim(0), k.dim(1), Check.ANY);
      Check.dtype("vCache", vCache, kCache.dtype());
      Check.shape("vCache", vCache, kCache.dim(0), k.dim(1), kCache.dim(2), v.dim(2));
    }
    if (cosSin != null) {
      Check.f32("cosSin", cosSin, q.dim(0), Check.ANY);
      Check.that(
          rotaryOffset >= 0 && rotaryOffset + cosSin.dim(1) <= q.dim(2),
          "rotary range %d+%d exceeds head size %d",
          rotaryOffset,
          cosSin.dim(1),
          q.dim(2));
    }
  }

  @Override
  public DType activationType() {
    return q.dtype();
  }
}
