package dev.levin.testkit;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.op.Attention;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import dev.levin.core.quant.Codecs;
import dev.levin.testkit.grid.BatchPlan;
import dev.levin.testkit.grid.Draw;
import dev.levin.testkit.grid.Fixture;
import dev.levin.testkit.grid.Layout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A row's result is the same to the bit whatever else is computed with it and wherever keys lie.
 */
final class CompanyChecks {
  static final long SEED = 20_260_101;
  private static final int TOKENS = 17;
  private static final int[] CHUNKS = {1, 2, 3, 5, 8, 16};
  private static final List<DType> WEIGHTS =
      List.of(
          DType.F32,
          DType.F16,
          DType.BF16,
          DType.F8_E4M3,
          DType.Q8_0,
          DType.Q4_0,
          DType.Q5_1,
          DType.Q4_K,
          DType.Q6_K,
          DType.IQ4_NL,
          DType.TQ2_0,
          DType.I2_S,
          DType.MXFP4);
  private static final List<DType> NARROW_WEIGHTS = List.of(DType.F16, DType.Q8_0, DType.Q4_K);
  private static final List<DType> KV_TYPES = List.of(DType.F32, DType.F16, DType.Q8_0);

  /** One property; the result is what is wrong. */
  interface Check {
    Optional<String> run(Backend backend);
  }

  private CompanyChecks() {}

  /** All checks, those over activations of 16 bits for the types given. */
  static Map<String, Check> all(Set<DType> activationTypes) {
    Map<String, Check> checks = new LinkedHashMap<>();
    for (DType dtype : WEIGHTS) {
      addProducts(checks, dtype, DType.F32);
    }
    for (DType dtype : KV_TYPES) {
      for (int window : new int[] {0, 21}) {
        addAttention(checks, dtype, window, DType.F32);
      }
    }
    addStates(checks, DType.F32);
    for (DType activations : activationTypes.stream().sorted().toList()) {
      if (activations != DType.F32) {
        NARROW_WEIGHTS.forEach(dtype -> addProducts(checks, dtype, activations));
        KV_TYPES.forEach(dtype -> addAttention(checks, dtype, 0, activations));
        addStates(checks, activations);
      }
    }
    return checks;
  }

  private static String suffix(DType activations) {
    return activations == DType.F32 ? "" : ", " + activations + " activations";
  }

  private static void addProducts(Map<String, Check> checks, DType dtype, DType act) {
    String suffix = dtype + suffix(act);
    checks.put("Linear rows in chunks, " + suffix, backend -> linear(backend, dtype, act));
    checks.put("HeadLinear rows in chunks, " + suffix, backend -> headLinear(backend, dtype, act));
    checks.put("GroupedLinear rows in chunks, " + suffix, backend -> grouped(backend, dtype, act));
  }

  private static void addAttention(Map<String, Check> checks, DType dtype, int window, DType act) {
    String suffix = ", " + dtype + (window > 0 ? ", window " + window : "") + suffix(act);
    checks.put(
        "Attention over pages in order and scattered" + suffix,
        backend -> paging(backend, dtype, window, act));
    checks.put(
        "Attention of a sequence alone and in a batch" + suffix,
        backend -> company(backend, dtype, window, act));
    checks.put(
        "Attention in chunks of queries and whole" + suffix,
        backend -> chunks(backend, dtype, window, act));
  }

  private static void addStates(Map<String, Check> checks, DType act) {
    checks.put(
        "CausalConv in chunks and whole" + suffix(act),
        backend -> StateChecks.causalConv(backend, act));
    checks.put(
        "SsmScan in chunks and whole" + suffix(act), backend -> StateChecks.ssmScan(backend, act));
  }

  private interface Rows {
    /** The op over rows [from, to) that writes to out, which has that many rows. */
    Op over(int from, int to, Tensor out);
  }

  private static Optional<String> linear(Backend backend, DType dtype, DType act) {
    int n = 67;
    int k = 512;
    try (Fixture f = new Fixture();
        Placement placement = new Placement(f, backend)) {
      Draw draw = new Draw(SEED);
      Tensor x =
          placement.tensor(f.encoded(act, Layout.DENSE, draw.peaky((long) TOKENS * k), TOKENS, k));
      Tensor residual =
          placement.tensor(f.encoded(act, Layout.DENSE, draw.peaky((long) TOKENS * n), TOKENS, n));
      Tensor weight = placement.tensor(f.weight(dtype, Layout.DENSE, draw, n, k));
      Tensor bias = placement.tensor(f.weight(draw.peaky(n), n));
      return chunked(
          backend,
          f,
          placement,
          act,
          new long[] {n},
          (from, to, out) ->
              new Linear(
                  x.slice(0, from, to), weight, bias, residual.slice(0, from, to), out, 0.5f));
    }
  }

  private static Optional<String> headLinear(Backend backend, DType dtype, DType act) {
    int n = 33;
    int k = 256;
    try (Fixture f = new Fixture();
        Placement placement = new Placement(f, backend)) {
      Draw draw = new Draw(SEED);
      Tensor x =
          placement.tensor(
              f.encoded(act, Layout.DENSE, draw.peaky((long) TOKENS * 3 * k), TOKENS, 3, k));
      Tensor weight = placement.tensor(f.weight(dtype, Layout.DENSE, draw, 3, n, k));
      return chunked(
          backend,
          f,
          placement,
          act,
          new long[] {3, n},
          (from, to, out) -> new HeadLinear(x.slice(0, from, to), weight, out));
    }
  }

  private static Optional<String> grouped(Backend backend, DType dtype, DType act) {
    int n = 33;
    int k = 256;
    int experts = 4;
    try (Fixture f = new Fixture();
        Placement placement = new Placement(f, backend)) {
      Draw draw = new Draw(SEED);
      int[] ids = draw.ints(TOKENS * 2, experts);
      for (int t = 0; t < TOKENS; t++) {
        ids[2 * t + 1] = (ids[2 * t] + 1) % experts;
      }
      Tensor x =
          placement.tensor(f.encoded(act, Layout.DENSE, draw.peaky((long) TOKENS * k), TOKENS, k));
      Tensor weight = placement.tensor(f.weight(dtype, Layout.DENSE, draw, experts, n, k));
      Tensor idTensor = placement.tensor(f.i32(ids, TOKENS, 2));
      Tensor combine = placement.tensor(f.f32(draw.between(TOKENS * 2, 0, 1), TOKENS, 2));
      return chunked(
          backend,
          f,
          placement,
          act,
          new long[] {n},
          (from, to, out) ->
              new GroupedLinear(
                  x.slice(0, from, to),
                  weight,
                  null,
                  idTensor.slice(0, from, to),
                  combine.slice(0, from, to),
                  null,
                  out));
    }
  }

  /** Runs all rows at once and again in chunks of every size. */
  private static Optional<String> chunked(
      Backend backend, Fixture f, Placement placement, DType act, long[] rowDims, Rows rows) {
    float[] whole = output(backend, f, placement, act, rowDims, rows, TOKENS);
    for (int chunk : CHUNKS) {
      float[] parts = output(backend, f, placement, act, rowDims, rows, chunk);
      Optional<String> difference = difference(whole, parts, TOKENS);
      if (difference.isPresent()) {
        return Optional.of(
            "T=%d in chunks of %d rows: %s".formatted(TOKENS, chunk, difference.get()));
      }
    }
    return Optional.empty();
  }

  private static float[] output(
      Backend backend,
      Fixture f,
      Placement placement,
      DType act,
      long[] rowDims,
      Rows rows,
      int chunk) {
    Tensor out = placement.tensor(f.poisoned(act, Layout.DENSE, dims(TOKENS, rowDims)));
    for (int from = 0; from < TOKENS; from += chunk) {
      int to = Math.min(TOKENS, from + chunk);
      placement.run(rows.over(from, to, out.slice(0, from, to)));
    }
    return download(backend, out);
  }

  static long[] dims(long first, long... rest) {
    long[] dims = new long[rest.length + 1];
    dims[0] = first;
    System.arraycopy(rest, 0, dims, 1, rest.length);
    return dims;
  }

  private static Optional<String> paging(Backend backend, DType dtype, int window, DType act) {
    float[] inOrder =
        attend(backend, dtype, window, act, BatchPlan.of(16, 5, 70, 1, 33, 9, 9).contiguous());
    for (int pageSize : new int[] {1, 8, 16, 32}) {
      BatchPlan plan = BatchPlan.of(pageSize, 5, 70, 1, 33, 9, 9);
      Optional<String> difference =
          difference(inOrder, attend(backend, dtype, window, act, plan), plan.numTokens());
      if (difference.isPresent()) {
        return Optional.of(
            "contiguous pages of 16 against scattered pages of %d: %s"
                .formatted(pageSize, difference.get()));
      }
    }
    return Optional.empty();
  }

  /** Draws of the first sequence do not depend on those after it. */
  private static Optional<String> company(Backend backend, DType dtype, int window, DType act) {
    float[] alone = attend(backend, dtype, window, act, BatchPlan.of(16, 5, 70));
    float[] together = attend(backend, dtype, window, act, BatchPlan.of(16, 5, 70, 1, 130, 17, 17));
    float[] first = Arrays.copyOf(together, alone.length);
    return difference(alone, first, 5);
  }

  private static Optional<String> chunks(Backend backend, DType dtype, int window, DType act) {
    int queries = 40;
    int kvLen = 77;
    float[] whole = attend(backend, dtype, window, act, BatchPlan.of(16, queries, kvLen));
    for (int chunk : new int[] {1, 7, 16}) {
      float[] parts = new float[whole.length];
      int rowValues = whole.length / queries;
      for (int from = 0; from < queries; from += chunk) {
        int to = Math.min(queries, from + chunk);
        BatchPlan plan = BatchPlan.of(16, to - from, kvLen - queries + to);
        float[] part = attend(backend, dtype, window, act, plan);
        System.arraycopy(part, 0, parts, from * rowValues, part.length);
      }
      Optional<String> difference = difference(whole, parts, queries);
      if (difference.isPresent()) {
        return Optional.of("chunks of %d queries: %s".formatted(chunk, difference.get()));
      }
    }
    return Optional.empty();
  }

  /** Queries, like keys, depend on sequence and position alone. */
  private static float[] attend(
      Backend backend, DType dtype, int window, DType act, BatchPlan plan) {
    int heads = 4;
    int size = 64;
    Draw draw = new Draw(SEED);
    try (Fixture f = new Fixture();
        Placement placement = new Placement(f, backend)) {
      int tokens = plan.numTokens();
      float[] q = new float[tokens * heads * size];
      int t = 0;
      for (int b = 0; b < plan.numSeqs(); b++) {
        for (int r = 0; r < plan.queryLens()[b]; r++, t++) {
          int position = plan.kvLens()[b] - plan.queryLens()[b] + r;
          float[] row = draw.named("q" + b + "/" + position).peaky(heads * size);
          System.arraycopy(row, 0, q, t * row.length, row.length);
        }
      }
      Tensor out = f.poisoned(act, Layout.DENSE, tokens, heads, size);
      Attention op =
          new Attention(
              f.encoded(act, Layout.DENSE, q, tokens, heads, size),
              plan.cache(f, draw, "k", dtype, 2, size),
              plan.cache(f, draw, "v", dtype, 2, size),
              out,
              null,
              plan.build(f, draw),
              0.125f,
              true,
              window,
              0,
              null,
              null);
      placement.run(placement.op(op));
      return download(backend, placement.tensor(out));
    }
  }

  static float[] download(Backend backend, Tensor tensor) {
    try (HostBuffer host = HostBuffer.allocate(tensor.byteSize())) {
      backend.download(tensor, host.segment(), backend.stream());
      float[] values = new float[Math.toIntExact(tensor.shape().elements())];
      Codecs.of(tensor.dtype()).decode(host.segment(), 0, values, 0, values.length);
      return values;
    }
  }

  static Optional<String> difference(float[] want, float[] got, int rows) {
    int rowValues = want.length / rows;
    for (int i = 0; i < want.length; i++) {
      if (Float.floatToIntBits(want[i]) != Float.floatToIntBits(got[i])) {
        return Optional.of(
            "row %d, element %d is %s and %s, which must be the same bits (seed %d)"
                .formatted(i / rowValues, i % rowValues, want[i], got[i], SEED));
      }
    }
    return Optional.empty();
  }
}
