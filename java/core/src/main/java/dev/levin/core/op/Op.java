package dev.levin.core.op;

import dev.levin.core.DType;
import java.util.Set;

/**
 * One step of the forward pass, as data. The same record is launched, asked about, printed in
 * errors, enumerated in tests and named in benchmarks.
 *
 * <p>Activations are F32, F16 or BF16, all of one op alike: the tensors whose element type a record
 * leaves open. Loads widen them, arithmetic and sums are float32, stores round to nearest even.
 * Weights of norms, biases, rope tables, routing, log-sum-exps, states and logits are F32.
 *
 * <p>Unless an op says otherwise: tensors may be strided but their last dimension is contiguous,
 * outputs do not overlap inputs, and results do not depend on what else is in the batch: every
 * output row is a fixed-order function of its own inputs. Records check shapes and dtypes when they
 * are made and throw {@link IllegalArgumentException}.
 */
public sealed interface Op
    permits Add,
        Attention,
        CausalConv,
        Convert,
        CopyPages,
        Embed,
        GatedActivation,
        GroupedLinear,
        HeadLinear,
        Linear,
        MergeAttention,
        RmsNorm,
        RopeAppend,
        RopeTable,
        RouteExperts,
        SoftCap,
        SsmScan {

  /**
   * What activations may be stored as; {@code Backend.activationTypes()} says which a device has.
   */
  Set<DType> ACTIVATION_TYPES = Set.of(DType.F32, DType.F16, DType.BF16);

  /** Element type of this op's activations; F32 for ops without any. */
  default DType activationType() {
    return DType.F32;
  }

  /** The op's name, as tests, tables and errors print it. */
  default String name() {
    return getClass().getSimpleName();
  }
}
