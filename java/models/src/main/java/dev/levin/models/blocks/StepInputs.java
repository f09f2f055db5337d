package dev.levin.models.blocks;

import dev.levin.core.Tensor;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RopeStyle;
import java.util.List;

/**
 * What the layers of one step share.
 *
 * @param batch lengths, pages and slots
 * @param cosSin one rotation table per rope of the configuration
 * @param styles pairing of each rope
 * @param normEps epsilon of every norm
 * @param normWeightBias added to norm weights
 * @param residualScale factor on what a block adds to the residual stream
 */
public record StepInputs(
    RaggedBatch batch,
    List<Tensor> cosSin,
    List<RopeStyle> styles,
    float normEps,
    float normWeightBias,
    float residualScale) {}
