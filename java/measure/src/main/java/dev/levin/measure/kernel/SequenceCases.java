package dev.levin.measure.kernel;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.Attention;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeStyle;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.SsmScan;
import java.util.Arrays;
import java.util.List;

/** The ops that know where tokens belong: attention, its cache, and recurrences. */
final class SequenceCases {
  private static final int PAGE_SIZE = 16;
  private static final List<DType> CACHE_TYPES =
      List.of(DType.F32, DType.F16, DType.BF16, DType.F8_E4M3, DType.Q8_0, DType.Q4_0);

  private final List<KernelCase> cases;
  private final ModelSizes model;
  private final int t;

  private SequenceCases(List<KernelCase> cases, ModelSizes model, int t) {
    this.cases = cases;
    this.model = model;
    this.t = t;
  }

  static void add(List<KernelCase> cases, ModelSizes model, int t, List<Integer> contexts) {
    SequenceCases all = new SequenceCases(cases, model, t);
    if (model.kvHeads() > 0) {
      for (int context : contexts) {
        if (context >= t) {
          CACHE_TYPES.forEach(dtype -> all.addAttention(dtype, context));
        }
      }
      CACHE_TYPES.forEach(all::addCache);
      all.addRope();
      all.addMerge();
    }
    if (model.stateSpace() != null) {
      all.addStateSpace(model.stateSpace());
    }
  }

  /** One sequence of {@code context} tokens of which the last t are this step's. */
  private RaggedBatch batch(CaseMemory memory, int context) {
    int pages = Math.ceilDiv(context, PAGE_SIZE);
    int[] positions = new int[t];
    for (int i = 0; i < t; i++) {
      positions[i] = context - t + i;
    }
    int[] table = new int[pages];
    for (int i = 0; i < pages; i++) {
      table[i] = i;
    }
    BatchLengths lengths = new BatchLengths();
    lengths.set(1, new int[] {0, t}, new int[] {context});
    return new RaggedBatch(
        memory.ints(positions, t),
        memory.ints(new int[] {0, t}, 2),
        memory.ints(new int[] {context}, 1),
        memory.ints(table, 1, pages),
        memory.ints(positions, t),
        memory.ints(new int[] {0}, 1),
        PAGE_SIZE,
        lengths);
  }

  private Tensor pages(CaseMemory memory, DType dtype, int context) {
    int pages = Math.ceilDiv(context, PAGE_SIZE);
    return memory.cache(dtype, pages, model.kvHeads(), PAGE_SIZE, model.headDim());
  }

  private void addAttention(DType dtype, int context) {
    int h = model.heads();
    int d = model.headDim();
    add(
        "Attention",
        dtype,
        "T=%d S=%d H=%d Hkv=%d D=%d".formatted(t, context, h, model.kvHeads(), d),
        memory ->
            new Attention(
                memory.floats(t, h, d),
                pages(memory, dtype, context),
                pages(memory, dtype, context),
                memory.empty(DType.F32, t, h, d),
                null,
                batch(memory, context),
                (float) (1 / Math.sqrt(d)),
                true,
                0,
                0,
                null,
                null));
  }

  private void addCache(DType dtype) {
    int d = model.headDim();
    add(
        "RopeAppend",
        dtype,
        "T=%d H=%d Hkv=%d D=%d".formatted(t, model.heads(), model.kvHeads(), d),
        memory ->
            new RopeAppend(
                memory.floats(t, model.heads(), d),
                memory.floats(t, model.kvHeads(), d),
                memory.floats(t, model.kvHeads(), d),
                rotations(memory, d),
                RopeStyle.HALF,
                0,
                batch(memory, t).slotMapping(),
                pages(memory, dtype, t),
                pages(memory, dtype, t)));
    if (t == 1) {
      add(
          "CopyPages",
          dtype,
          "n=4 page=%dx%dx%d".formatted(model.kvHeads(), PAGE_SIZE, d),
          memory ->
              new CopyPages(
                  pages(memory, dtype, 8 * PAGE_SIZE),
                  memory.ints(new int[] {0, 1, 2, 3}, 4),
                  memory.ints(new int[] {4, 5, 6, 7}, 4)));
    }
  }

  /** No rotation at all, so that queries rotated again and again in place stay as they are. */
  private Tensor rotations(CaseMemory memory, int d) {
    int[] ones = new int[t * d];
    for (int i = 0; i < t; i++) {
      Arrays.fill(ones, i * d, i * d + d / 2, Float.floatToRawIntBits(1));
    }
    Tensor bits = memory.ints(ones, t, d);
    return Tensor.of(DType.F32, bits.shape(), bits.buffer(), 0);
  }

  private void addRope() {
    int d = model.headDim();
    add(
        "RopeTable",
        DType.F32,
        "T=%d R=%d".formatted(t, d),
        memory ->
            new RopeTable(
                batch(memory, t).positions(),
                memory.floats(d / 2),
                memory.empty(DType.F32, t, d),
                1));
  }

  private void addMerge() {
    int h = model.heads();
    int d = model.headDim();
    add(
        "MergeAttention",
        DType.F32,
        "T=%d H=%d D=%d".formatted(t, h, d),
        memory ->
            new MergeAttention(
                memory.floats(t, h, d),
                memory.floats(t, h),
                memory.floats(t, h, d),
                memory.floats(t, h),
                memory.empty(DType.F32, t, h, d),
                memory.empty(DType.F32, t, h)));
  }

  private void addStateSpace(ModelSizes.StateSpace s) {
    int channels = s.heads() * s.headDim() + 2 * s.groups() * s.stateSize();
    add(
        "CausalConv",
        DType.F32,
        "T=%d Ch=%d W=%d".formatted(t, channels, s.convWidth()),
        memory ->
            new CausalConv(
                memory.floats(t, channels),
                memory.floats(channels, s.convWidth()),
                memory.floats(channels),
                memory.empty(DType.F32, 1, channels, s.convWidth() - 1),
                memory.empty(DType.F32, t, channels),
                Activation.SILU,
                batch(memory, t)));
    add(
        "SsmScan",
        DType.F32,
        "T=%d H=%d P=%d N=%d".formatted(t, s.heads(), s.headDim(), s.stateSize()),
        memory ->
            new SsmScan(
                memory.floats(t, s.heads(), s.headDim()),
                memory.floats(t, s.heads()),
                decays(memory, s.heads()),
                memory.floats(t, s.groups(), s.stateSize()),
                memory.floats(t, s.groups(), s.stateSize()),
                memory.floats(s.heads()),
                memory.floats(s.heads()),
                memory.empty(DType.F32, 1, s.heads(), s.headDim(), s.stateSize()),
                memory.empty(DType.F32, t, s.heads(), s.headDim()),
                0,
                Float.POSITIVE_INFINITY,
                batch(memory, t)));
  }

  /** Negative, or the state would grow without end. */
  private static Tensor decays(CaseMemory memory, int heads) {
    int[] bits = new int[heads];
    Arrays.fill(bits, Float.floatToRawIntBits(-1));
    Tensor raw = memory.ints(bits, heads);
    return Tensor.of(DType.F32, raw.shape(), raw.buffer(), 0);
  }

  private void add(String op, DType dtype, String shape, KernelCase.Builder builder) {
    cases.add(new KernelCase(op, dtype, model.name(), shape, builder));
  }
}
