package dev.levin.models.blocks;

import dev.levin.core.Tensor;

/**
 * One layer's recurrent state.
 *
 * @param conv [slots, channels, width - 1]
 * @param ssm [slots, H, P, N]
 */
public record StateTensors(Tensor conv, Tensor ssm) {}
