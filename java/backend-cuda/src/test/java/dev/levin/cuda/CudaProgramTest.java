package dev.levin.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import dev.levin.core.op.Attention;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.Op;
import dev.levin.core.op.RaggedBatch;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Programs over one attention op: what is captured, and that replays see new lengths. */
@Tag("cuda")
class CudaProgramTest {
  private static final int SEQS = 2;
  private static final int MAX_PAGES = 3;
  private static final int PAGE_SIZE = 4;
  private static final int HEAD = 8;

  private final BatchLengths lengths = new BatchLengths();
  private CudaBackend backend;
  private Tensor kvLens;
  private Tensor cuSeqlens;
  private Tensor out;
  private Op attention;

  private Tensor tensor(DType dtype, long... dims) {
    Buffer buffer = backend.allocate(dtype.bytes(Shape.of(dims)));
    return Tensor.of(dtype, Shape.of(dims), buffer, 0);
  }

  private void set(Tensor tensor, int... values) {
    backend.upload(MemorySegment.ofArray(values), tensor, backend.stream());
  }

  private void set(Tensor tensor, float[] values) {
    backend.upload(MemorySegment.ofArray(values), tensor, backend.stream());
  }

  /** Values of key j are all j, queries are zero: outputs are the mean of the visible indices. */
  @BeforeEach
  void open() {
    backend = CudaBackend.open(CudaTests.device());
    kvLens = tensor(DType.I32, SEQS);
    cuSeqlens = tensor(DType.I32, SEQS + 1);
    out = tensor(DType.F32, SEQS, 1, HEAD);
    Tensor pageTable = tensor(DType.I32, SEQS, MAX_PAGES);
    set(pageTable, 0, 1, 2, 3, 4, 5);
    int pages = SEQS * MAX_PAGES;
    Tensor keys = tensor(DType.F32, pages, 1, PAGE_SIZE, HEAD);
    Tensor values = tensor(DType.F32, pages, 1, PAGE_SIZE, HEAD);
    float[] indices = new float[pages * PAGE_SIZE * HEAD];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = i / HEAD % (MAX_PAGES * PAGE_SIZE);
    }
    set(values, indices);
    RaggedBatch batch =
        new RaggedBatch(
            tensor(DType.I32, SEQS),
            cuSeqlens,
            kvLens,
            pageTable,
            tensor(DType.I32, SEQS),
            tensor(DType.I32, SEQS),
            PAGE_SIZE,
            lengths);
    Tensor q = tensor(DType.F32, SEQS, 1, HEAD);
    attention = new Attention(q, keys, values, out, null, batch, 1, true, 0, 0, null, null);
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private void step(int[] prefixSums, int... lens) {
    set(cuSeqlens, prefixSums);
    set(kvLens, lens);
    lengths.set(SEQS, prefixSums, lens);
  }

  private void decode(CudaProgram program, int first, int second) {
    step(new int[] {0, 1, 2}, first, second);
    program.run(backend.stream());
    assertMeans((first - 1) / 2f, (second - 1) / 2f);
  }

  private void assertMeans(float... means) {
    float[] got = new float[SEQS * HEAD];
    backend.download(out, MemorySegment.ofArray(got), backend.stream());
    for (int i = 0; i < got.length; i++) {
      assertEquals(means[i / HEAD], got[i], 1e-5f);
    }
  }

  @Test
  void replaysSeeTheLengthsOfTheirStep() {
    CudaProgram program = (CudaProgram) backend.prepare(List.of(attention));
    decode(program, 1, 2);
    assertFalse(program.isCaptured());
    decode(program, 2, 3);
    assertTrue(program.isCaptured());
    for (int length = 3; length <= MAX_PAGES * PAGE_SIZE; length++) {
      decode(program, length, 1);
    }
    assertEquals(
        2L + MAX_PAGES * PAGE_SIZE - 2, backend.counters().totals().get("Attention").launches());
  }

  /** The same layout, but one sequence brings both tokens. */
  @Test
  void stepsThatAreNoDecodeAreNotReplayed() {
    CudaProgram program = (CudaProgram) backend.prepare(List.of(attention));
    for (int i = 0; i < 3; i++) {
      step(new int[] {0, 2, 2}, 3, 0);
      program.run(backend.stream());
      assertMeans(0.5f, 1);
    }
    assertFalse(program.isCaptured());
    decode(program, 3, 3);
    decode(program, 4, 4);
    assertTrue(program.isCaptured());
    step(new int[] {0, 2, 2}, 3, 0);
    program.run(backend.stream());
    assertMeans(0.5f, 1);
  }

  /** A larger workspace has another address, which the graph must learn. */
  @Test
  void graphsFollowTheWorkspace() {
    CudaProgram program = (CudaProgram) backend.prepare(List.of(attention));
    decode(program, 5, 9);
    decode(program, 5, 9);
    backend.growWorkspace(1 << 20);
    decode(program, 12, 11);
  }

  @Test
  void programsOfClosedBuffersAreRefused() {
    Tensor x = tensor(DType.F32, 1, 4);
    var program = backend.prepare(List.of(new Add(x, x, x, 1)));
    program.run(backend.stream());
    x.buffer().close();
    assertThrows(IllegalStateException.class, () -> program.run(backend.stream()));
  }

  @Test
  void closedProgramsAreRefused() {
    Tensor x = tensor(DType.F32, 1, 2);
    set(x, new float[] {1, 2});
    var program = backend.prepare(List.of(new Add(x, x, x, 1)));
    program.run(backend.stream());
    program.close();
    program.close();
    assertThrows(IllegalStateException.class, () -> program.run(backend.stream()));
    float[] got = new float[2];
    backend.download(x, MemorySegment.ofArray(got), backend.stream());
    assertArrayEquals(new float[] {2, 4}, got);
  }
}
