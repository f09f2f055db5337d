package dev.levin.models.blocks;

import dev.levin.core.Tensor;

/**
 * One layer's pages.
 *
 * @param keys [pages, Hkv, pageSize, Dk]
 * @param values [pages, Hkv, pageSize, Dv], null when values are a prefix of the keys
 */
public record KvTensors(Tensor keys, Tensor values) {}
