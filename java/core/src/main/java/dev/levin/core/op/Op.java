package dev.levin.core.op;

/**
 * One step of the forward pass, as data. The same record is launched, asked about, printed in
 * errors, enumerated in tests and named in benchmarks.
 *
 * <p>Unless an op says otherwise: activations are F32, tensors may be strided but their last
 * dimension is contiguous, outputs do not overlap inputs, and results do not depend on what else is
 * in the batch: every output row is a fixed-order function of its own inputs. Records check shapes
 * and dtypes when they are made and throw {@link IllegalArgumentException}.
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
        Sample,
        SoftCap,
        SsmScan {

  /** The op's name, as tests, tables and errors print it. */
  default String name() {
    return getClass().getSimpleName();
  }
}
