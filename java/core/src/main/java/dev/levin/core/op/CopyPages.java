package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Copies whole pages within a cache, byte for byte: page to[i] becomes page from[i]. No page is
 * both source and target.
 *
 * @param cache [pages, ...], any dtype
 * @param from [n] I32
 * @param to [n] I32
 */
public record CopyPages(Tensor cache, Tensor from, Tensor to) implements Op {
  public CopyPages {
    Check.that(cache.rank() >= 2 && cache.isContiguous(), "cache is %s", cache);
    Check.dtype("from", from, DType.I32);
    Check.dtype("to", to, DType.I32);
    Check.shape("from", from, Check.ANY);
    Check.shape("to", to, from.dim(0));
  }
}
