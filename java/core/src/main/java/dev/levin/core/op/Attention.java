package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Ragged queries over paged keys and values, with grouped heads: {@code out[t, h] =
 * softmax(softCap(sm_scale * q[t, h] . K) ++ sink[h]) . V}.
 *
 * <p>Query row r of a sequence sits at key index i (see {@link RaggedBatch}) and sees keys j with j
 * &lt;= i when causal, j &gt; i - window when window is positive, and, among the keys of this
 * step's own queries, only those its tree mask allows. A row that sees no key yields zeros and an
 * lse of negative infinity. Keys are visited in an order fixed by their index alone, so the result
 * does not depend on chunking, paging or company. Online softmax: Milakov and Gimelshein 2018,
 * FlashAttention (Dao et al. 2022).
 *
 * @param q [T, H, Dk], H a multiple of Hkv
 * @param kCache [pages, Hkv, pageSize, Dk]
 * @param vCache [pages, Hkv, pageSize, Dv], or null: values are the first Dv elements of the keys
 * @param out [T, H, Dv] like q
 * @param lse [T, H] F32 natural log-sum-exp of the scaled scores, the sink included; or null
 * @param smScale factor on the scores
 * @param window keys visible, itself included; 0 for all
 * @param softCap scores become cap * tanh(score / cap); 0 for none
 * @param sinks [H] F32 logits that join the denominator only (gpt-oss), or null
 * @param treeMask [T, words] I32: bit j of row r allows the j-th query of r's own sequence; or null
 */
public record Attention(
    Tensor q,
    Tensor kCache,
    Tensor vCache,
    Tensor out,
    Tensor lse,
    RaggedBatch batch,
    float smScale,
    boolean causal,
    int window,
    float softCap,
    Tensor sinks,
    Tensor treeMask)
    implements Op {
  public Attention {
    Check.activation("q", q, batch.numTokens(), Check.ANY, Check.ANY);
    Check.shape("kCache", kCache, Check.ANY, Check.ANY, batch.pageSize(), q.dim(2));
    Check.that(
        kCache.dim(1) > 0 && q.dim(1) % kCache.dim(1) == 0,
        "%d query heads are not a multiple of %d KV heads",
        q.dim(1),
        kCache.dim(1));
    Check.like("out", out, q, q.dim(0), q.dim(1), Check.ANY);
    if (vCache != null) {
      Check.dtype("vCache", vCache, kCache.dtype());
      Check.shape("vCache", vCache, kCache.dim(0), kCache.dim(1), kCache.dim(2), out.dim(2));
    } else {
      Check.that(out.dim(2) <= q.dim(2), "values of %d from keys of %d", out.dim(2), q.dim(2));
    }
    Check.optionalF32("lse", lse, q.dim(0), q.dim(1));
    Check.optionalF32("sinks", sinks, q.dim(1));
    Check.that(window >= 0 && softCap >= 0, "window %d, softCap %s", window, softCap);
    if (treeMask != null) {
      Check.dtype("treeMask", treeMask, DType.I32);
      Check.shape("treeMask", treeMask, q.dim(0), Check.ANY);
    }
  }

  @Override
  public DType activationType() {
    return q.dtype();
  }
}
