package dev.levin.models.weights;

import dev.levin.core.Tensor;

/**
 * A weight matrix with what goes with it.
 *
 * @param weight [N, K], or [E, N, K] for experts; any dtype
 * @param bias [N] or [E, N] F32, or null
 * @param scale factor on the product; 1 unless the file stores a per-tensor scale
 */
public record Projection(Tensor weight, Tensor bias, float scale) {}
