package dev.levin.models;

import dev.levin.core.DType;

/**
 * How a decoder is laid out in memory.
 *
 * @param contextLength longest sequence in tokens, 0 for the model's own limit
 * @param pageSize tokens per KV page
 * @param numPages pages in the pool
 * @param kvDtype element type of keys and values
 * @param stateSlots sequences that may hold recurrent state at once (state-space models)
 */
public record DecoderOptions(
    int contextLength, int pageSize, int numPages, DType kvDtype, int stateSlots) {}
