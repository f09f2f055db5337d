package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Chooses k experts a token, best first, ties to the lower id.
 *
 * <p>Selection uses {@code score + selectionBias}; weights are the plain scores. With groups (
 * DeepSeek-V3), experts are split into {@code groups} equal runs, each ranked by the sum of its two
 * best biased scores, and only the best {@code topGroups} runs compete.
 *
 * @param logits [T, E] F32
 * @param selectionBias [E] F32 or null
 * @param ids [T, k] I32
 * @param weights [T, k] F32
 * @param normalise divide the k weights by their sum (plus 1e-20)
 * @param groups 1 for no groups
 * @param scale factor on the weights, applied last
 */
public record RouteExperts(
    Tensor logits,
    Tensor selectionBias,
    Tensor ids,
    Tensor weights,
    Scoring scoring,
    boolean normalise,
    int groups,
    int topGroups,
    float scale)
    implements Op {
  public RouteExperts {
    Check.f32("logits", logits, Check.ANY, Check.ANY);
    Check.optionalF32("selectionBias", selectionBias, logits.dim(1));
    Check.dtype("ids", ids, DType.I32);
    Check.shape("ids", ids, logits.dim(0), Check.ANY);
    Check.f32("weights", weights, logits.dim(0), ids.dim(1));
    Check.that(
        groups >= 1 && logits.dim(1) % groups == 0 && topGroups >= 1 && topGroups <= groups,
        "%d of %d groups over %d experts",
        topGroups,
        groups,
        logits.dim(1));
    Check.that(
        ids.dim(1) >= 1 && ids.dim(1) <= logits.dim(1) / groups * topGroups,
        "%d experts chosen of %d",
        ids.dim(1),
        logits.dim(1));
  }
}
