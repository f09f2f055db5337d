package dev.levin.cpu;

import dev.levin.core.Tensor;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.Op;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.SsmScan;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Ops with a state per sequence: tokens of a sequence run in order, sequences side by side. */
final class StateOps {
  private static final int CHANNELS = 64;

  private final RowKernels rows;
  private final StateKernels kernels;
  private final WorkerPool pool;

  StateOps(KernelTable kernels, WorkerPool pool) {
    this.rows = kernels.rows();
    this.kernels = kernels.state();
    this.pool = pool;
  }

  Runnable prepare(CausalConv op) {
    Convolution convolution = new Convolution(op);
    int blocks = Math.ceilDiv(convolution.channels, CHANNELS);
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          for (int item = from; item < to; item++) {
            convolution.run(item / blocks, item % blocks * CHANNELS, workspace);
          }
        };
    return () -> {
      int sequences = op.batch().lengths().numSeqs();
      long tokens = Math.ceilDiv(op.batch().numTokens(), Math.max(1, sequences));
      pool.forEach(
          Math.multiplyExact(sequences, blocks), tokens * convolution.width * CHANNELS, task);
    };
  }

  /** A sequence's tokens [start, end), its state slot, and whether the old state counts. */
  private record Span(int start, int end, int slot, boolean fresh) {
    static Span of(Op op, RaggedBatch batch, int sequence, long slots) {
      BatchLengths lengths = batch.lengths();
      int start = lengths.queryStart(sequence);
      int end = start + lengths.queryLen(sequence);
      if (start == end) {
        return new Span(start, end, 0, true);
      }
      MemorySegment stateSlots = Host.memory(op, "stateSlots", batch.stateSlots());
      MemorySegment positions = Host.memory(op, "positions", batch.positions());
      int slot = stateSlots.get(Host.INT, batch.stateSlots().offset() + 4L * sequence);
      Host.index(op, "stateSlots", sequence, slot, slots);
      int position = positions.get(Host.INT, batch.positions().offset() + 4L * start);
      return new Span(start, end, slot, position == 0);
    }

    boolean isEmpty() {
      return start == end;
    }
  }

  /** Convolves blocks of channels; the last W inputs are kept as W rows of a ring. */
  private final class Convolution {
    private final CausalConv op;
    private final MemorySegment x;
    private final MemorySegment weight;
    private final MemorySegment bias;
    private final MemorySegment state;
    private final MemorySegment out;
    private final int channels;
    private final int width;

    Convolution(CausalConv op) {
      this.op = op;
      x = Host.memory(op, "x", op.x());
      weight = Host.memory(op, "weight", op.weight());
      bias = Host.memory(op, "bias", op.bias());
      state = Host.memory(op, "state", op.state());
      out = Host.memory(op, "out", op.out());
      channels = Host.size(op.x().dim(1));
      width = Host.size(op.weight().dim(1));
    }

    void run(int sequence, int channel, Workspace workspace) {
      Span span = Span.of(op, op.batch(), sequence, op.state().dim(0));
      if (span.isEmpty()) {
        return;
      }
      int count = Math.min(CHANNELS, channels - channel);
      float[] taps = workspace.floats(Workspace.Slot.WEIGHTS, width * count);
      float[] inputs = workspace.floats(Workspace.Slot.INPUT, width * count);
      float[] sums = workspace.floats(Workspace.Slot.SUMS, count);
      readTaps(channel, count, taps);
      readState(span, channel, count, inputs);
      for (int t = span.start(); t < span.end(); t++) {
        int newest = (t - span.start() + width - 1) % width;
        Host.read(x, op.x().offset(t) + 4L * channel, inputs, newest * count, count);
        if (bias == null) {
          Arrays.fill(sums, 0, count, 0f);
        } else {
          Host.read(bias, op.bias().offset() + 4L * channel, sums, 0, count);
        }
        for (int w = 0; w < width; w++) {
          int input = (newest + 1 + w) % width * count;
          for (int c = 0; c < count; c++) {
            sums[c] += taps[w * count + c] * inputs[input + c];
          }
        }
        long outAt = op.out().offset(t) + 4L * channel;
        Host.write(sums, 0, out, outAt, count);
        if (op.activation() != null) {
          rows.activate(op.activation(), out, outAt, null, 0, out, outAt, count);
        }
      }
      writeState(span, channel, count, inputs);
    }

    private void readTaps(int channel, int count, float[] taps) {
      for (int c = 0; c < count; c++) {
        long at = op.weight().offset(channel + c);
        for (int w = 0; w < width; w++) {
          taps[w * count + c] = weight.get(Host.FLOAT, at + 4L * w);
        }
      }
    }

    private void readState(Span span, int channel, int count, float[] inputs) {
      Arrays.fill(inputs, 0, width * count, 0f);
      for (int c = 0; c < count && !span.fresh(); c++) {
        long at = op.state().offset(span.slot(), channel + c);
        for (int w = 0; w < width - 1; w++) {
          inputs[w * count + c] = state.get(Host.FLOAT, at + 4L * w);
        }
      }
    }

    private void writeState(Span span, int channel, int count, float[] inputs) {
      int oldest = (span.end() - span.start()) % width;
      for (int c = 0; c < count; c++) {
        long at = op.state().offset(span.slot(), channel + c);
        for (int w = 0; w < width - 1; w++) {
          state.set(Host.FLOAT, at + 4L * w, inputs[(oldest + w) % width * count + c]);
        }
      }
    }
  }

  Runnable prepare(SsmScan op) {
    Scan scan = new Scan(op);
    int heads = Host.size(op.x().dim(1));
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          for (int item = from; item < to; item++) {
            scan.run(item / heads, item % heads, workspace);
          }
        };
    return () -> {
      int sequences = op.batch().lengths().numSeqs();
      long tokens = Math.ceilDiv(op.batch().numTokens(), Math.max(1, sequences));
      pool.forEach(
          Math.multiplyExact(sequences, heads), tokens * op.x().dim(2) * op.b().dim(2), task);
    };
  }

  private final class Scan {
    private final SsmScan op;
    private final MemorySegment x;
    private final MemorySegment dt;
    private final MemorySegment b;
    private final MemorySegment c;
    private final MemorySegment state;
    private final MemorySegment out;
    private final MemorySegment decays;
    private final MemorySegment skips;
    private final MemorySegment biases;
    private final int rowsOfState;
    private final int size;
    private final int headsPerGroup;

    Scan(SsmScan op) {
      this.op = op;
      x = Host.memory(op, "x", op.x());
      dt = Host.memory(op, "dt", op.dt());
      b = Host.memory(op, "b", op.b());
      c = Host.memory(op, "c", op.c());
      state = Host.memory(op, "state", op.state());
      out = Host.memory(op, "out", op.out());
      decays = Host.memory(op, "a", op.a());
      skips = Host.memory(op, "skip", op.skip());
      biases = Host.memory(op, "dtBias", op.dtBias());
      rowsOfState = Host.size(op.x().dim(2));
      size = Host.size(op.b().dim(2));
      headsPerGroup = Host.size(op.x().dim(1) / op.b().dim(1));
    }

    private static float at(MemorySegment values, Tensor tensor, int index) {
      return values.get(Host.FLOAT, tensor.offset() + 4L * index);
    }

    void run(int sequence, int head, Workspace workspace) {
      Span span = Span.of(op, op.batch(), sequence, op.state().dim(0));
      if (span.isEmpty()) {
        return;
      }
      int group = head / headsPerGroup;
      float[] held = workspace.floats(Workspace.Slot.STATE, rowsOfState * size);
      float[] input = workspace.floats(Workspace.Slot.INPUT, rowsOfState);
      float[] result = workspace.floats(Workspace.Slot.RESULTS, rowsOfState);
      float[] keys = workspace.floats(Workspace.Slot.KEYS, size);
      float[] readers = workspace.floats(Workspace.Slot.QUERIES, size);
      long stateAt = op.state().offset(span.slot(), head);
      moveState(span.fresh(), stateAt, held);
      float a = at(decays, op.a(), head);
      float skip = skips == null ? 0 : at(skips, op.skip(), head);
      float bias = at(biases, op.dtBias(), head);
      for (int t = span.start(); t < span.end(); t++) {
        double raw = (double) dt.get(Host.FLOAT, op.dt().offset(t) + 4L * head) + bias;
        double step = Math.clamp(softplus(raw), op.dtMin(), op.dtMax());
        Host.read(x, op.x().offset(t, head), input, 0, rowsOfState);
        Host.read(b, op.b().offset(t, group), keys, 0, size);
        Host.read(c, op.c().offset(t, group), readers, 0, size);
        float decay = (float) Math.exp(step * a);
        kernels.scanStep(
            held, rowsOfState, size, decay, (float) step, skip, input, keys, readers, result);
        Host.write(result, 0, out, op.out().offset(t, head), rowsOfState);
      }
      for (int p = 0; p < rowsOfState; p++) {
        Host.write(held, p * size, state, stateAt + p * op.state().stride(2), size);
      }
    }

    private void moveState(boolean fresh, long stateAt, float[] held) {
      if (fresh) {
        Arrays.fill(held, 0, rowsOfState * size, 0f);
        return;
      }
      for (int p = 0; p < rowsOfState; p++) {
        Host.read(state, stateAt + p * op.state().stride(2), held, p * size, size);
      }
    }

    /** log(1 + e^x); beyond 30 the 1 is lost in float64 as well as the logarithm. */
    private static double softplus(double x) {
      return x > 30 ? x : Math.log1p(Math.exp(x));
    }
  }
}
