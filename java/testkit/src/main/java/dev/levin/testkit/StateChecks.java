package dev.levin.testkit;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.op.Activation;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.Op;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.SsmScan;
import dev.levin.testkit.grid.BatchPlan;
import dev.levin.testkit.grid.Draw;
import dev.levin.testkit.grid.Fixture;
import dev.levin.testkit.grid.Layout;
import java.util.Optional;

/** A sequence fed in chunks, its state carried, yields the bits that it yields when fed at once. */
final class StateChecks {
  private static final int TOKENS = 23;
  private static final int STATE_SLOTS = 3;

  private StateChecks() {}

  /** Makes the op over tokens [from, to). */
  private interface Steps {
    Op over(int from, int to, RaggedBatch batch, Tensor state, Tensor out);
  }

  static Optional<String> causalConv(Backend backend, DType act) {
    int channels = 67;
    int width = 4;
    try (Fixture f = new Fixture();
        Placement placement = new Placement(f, backend)) {
      Draw draw = new Draw(CompanyChecks.SEED);
      Tensor x =
          placement.tensor(
              f.encoded(act, Layout.DENSE, draw.peaky(TOKENS * channels), TOKENS, channels));
      Tensor weight = placement.tensor(f.weight(draw.peaky(channels * width), channels, width));
      return chunked(
          backend,
          f,
          placement,
          act,
          new long[] {channels, width - 1},
          new long[] {channels},
          (from, to, batch, state, out) ->
              new CausalConv(
                  x.slice(0, from, to), weight, null, state, out, Activation.SILU, batch));
    }
  }

  static Optional<String> ssmScan(Backend backend, DType act) {
    int heads = 4;
    int size = 24;
    int stateSize = 33;
    try (Fixture f = new Fixture();
        Placement placement = new Placement(f, backend)) {
      Draw draw = new Draw(CompanyChecks.SEED);
      Tensor x =
          placement.tensor(
              f.encoded(act, Layout.DENSE, draw.peaky(TOKENS * heads * size), TOKENS, heads, size));
      Tensor dt =
          placement.tensor(f.encoded(act, Layout.DENSE, draw.peaky(TOKENS * heads), TOKENS, heads));
      Tensor b =
          placement.tensor(
              f.encoded(act, Layout.DENSE, draw.peaky(TOKENS * stateSize), TOKENS, 1, stateSize));
      Tensor c =
          placement.tensor(
              f.encoded(act, Layout.DENSE, draw.peaky(TOKENS * stateSize), TOKENS, 1, stateSize));
      Tensor a = placement.tensor(f.weight(draw.between(heads, -4, -0.1f), heads));
      Tensor bias = placement.tensor(f.weight(draw.peaky(heads), heads));
      return chunked(
          backend,
          f,
          placement,
          act,
          new long[] {heads, size, stateSize},
          new long[] {heads, size},
          (from, to, batch, state, out) ->
              new SsmScan(
                  x.slice(0, from, to),
                  dt.slice(0, from, to),
                  a,
                  b.slice(0, from, to),
                  c.slice(0, from, to),
                  null,
                  bias,
                  state,
                  out,
                  0,
                  Float.POSITIVE_INFINITY,
                  batch));
    }
  }

  private static Optional<String> chunked(
      Backend backend,
      Fixture f,
      Placement placement,
      DType act,
      long[] stateDims,
      long[] outDims,
      Steps steps) {
    float[] whole = output(backend, f, placement, act, stateDims, outDims, steps, TOKENS);
    for (int chunk : new int[] {1, 2, 7, 16}) {
      float[] parts = output(backend, f, placement, act, stateDims, outDims, steps, chunk);
      Optional<String> difference = CompanyChecks.difference(whole, parts, TOKENS);
      if (difference.isPresent()) {
        return Optional.of(
            "%d tokens in chunks of %d: %s".formatted(TOKENS, chunk, difference.get()));
      }
    }
    return Optional.empty();
  }

  private static float[] output(
      Backend backend,
      Fixture f,
      Placement placement,
      DType act,
      long[] stateDims,
      long[] outDims,
      Steps steps,
      int chunk) {
    Tensor state =
        placement.tensor(
            f.poisoned(DType.F32, Layout.DENSE, CompanyChecks.dims(STATE_SLOTS, stateDims)));
    Tensor out =
        placement.tensor(f.poisoned(act, Layout.DENSE, CompanyChecks.dims(TOKENS, outDims)));
    for (int from = 0; from < TOKENS; from += chunk) {
      int to = Math.min(TOKENS, from + chunk);
      RaggedBatch host = BatchPlan.of(16, to - from, to).build(f, new Draw(CompanyChecks.SEED));
      RaggedBatch batch =
          new RaggedBatch(
              placement.tensor(host.positions()),
              placement.tensor(host.cuSeqlensQ()),
              placement.tensor(host.kvLens()),
              placement.tensor(host.pageTable()),
              placement.tensor(host.slotMapping()),
              placement.tensor(host.stateSlots()),
              host.pageSize(),
              host.lengths());
      placement.run(steps.over(from, to, batch, state, out.slice(0, from, to)));
    }
    return CompanyChecks.download(backend, out);
  }
}
