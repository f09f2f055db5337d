package dev.levin.engine;

import dev.levin.engine.kvcache.KvLayout;

/**
 * The sizes an engine works within.
 *
 * @param vocabSize V, width of a row of logits
 * @param hiddenSize C, width of a hidden state
 * @param contextLength longest sequence in tokens
 * @param maxTokensPerStep tokens of all sequences in one step
 * @param maxSequences sequences of one step
 */
record EngineLimits(
    int vocabSize,
    int hiddenSize,
    int contextLength,
    int maxTokensPerStep,
    int maxSequences,
    KvLayout layout) {}
