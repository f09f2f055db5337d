package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Activation;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.Op;
import dev.levin.core.op.SoftCap;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A routing is sorted once for the products that follow it, and again when it may have changed. */
@Tag("opencl")
class ExpertOrderTest {
  private static final int TOKENS = 40;
  private static final int CHOSEN = 2;
  private static final int EXPERTS = 3;
  private static final int SIZE = 32;

  private OpenClBackend backend;
  private Tensor ids;
  private Tensor x;
  private Tensor weight;
  private Tensor first;
  private Tensor second;
  private Tensor mixed;

  @BeforeEach
  void open() {
    backend = OpenClBackend.open(OpenClTests.device());
    ids = empty(DType.I32, TOKENS, CHOSEN);
    route(1);
    x = uploaded(1, TOKENS, SIZE);
    weight = uploaded(2, EXPERTS, SIZE, SIZE);
    first = empty(DType.F32, TOKENS, CHOSEN, SIZE);
    second = empty(DType.F32, TOKENS, CHOSEN, SIZE);
    mixed = empty(DType.F32, TOKENS, SIZE);
  }

  @AfterEach
  void close() {
    if (backend != null) {
      backend.close();
    }
  }

  private Tensor empty(DType dtype, long... dims) {
    Buffer buffer = backend.allocate(dtype.bytes(Shape.of(dims)));
    return Tensor.of(dtype, Shape.of(dims), buffer, 0);
  }

  private Tensor uploaded(int step, long... dims) {
    Tensor tensor = empty(DType.F32, dims);
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * step + i / 7) % 11 - 5;
    }
    backend.upload(MemorySegment.ofArray(values), tensor, backend.stream());
    return tensor;
  }

  private void route(int step) {
    int[] experts = new int[TOKENS * CHOSEN];
    Arrays.setAll(experts, i -> (i * step + i / 5) % EXPERTS);
    backend.upload(MemorySegment.ofArray(experts), ids, backend.stream());
  }

  private void launch(Op... ops) {
    for (Op op : ops) {
      backend.launch(op, backend.stream());
    }
  }

  private Op gate(Tensor out) {
    return new GroupedLinear(x, weight, null, ids, null, null, out);
  }

  private Op down() {
    Tensor combine = uploaded(3, TOKENS, CHOSEN);
    return new GroupedLinear(second, weight, null, ids, combine, null, mixed);
  }

  private float[] values(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    backend.download(tensor, MemorySegment.ofArray(values), backend.stream());
    return values;
  }

  @Test
  void aLayerSortsOnce() {
    Op down = down();
    for (int layer = 0; layer < 3; layer++) {
      int before = backend.expertOrder().sorts();
      route(1);
      launch(gate(first), gate(second), activation(), down);
      // The first layer finds out how much memory its products take.
      assertEquals(layer == 0 ? 2 : 1, backend.expertOrder().sorts() - before);
    }
    float[] once = values(mixed);
    launch(gate(first), new SoftCap(x, empty(DType.F32, TOKENS, SIZE), 1));
    launch(gate(second), new SoftCap(x, empty(DType.F32, TOKENS, SIZE), 1));
    launch(activation(), down);
    assertArrayEquals(once, values(mixed));
  }

  private Op activation() {
    Tensor gate = first.reshape((long) TOKENS * CHOSEN, SIZE);
    Tensor up = second.reshape((long) TOKENS * CHOSEN, SIZE);
    return new GatedActivation(gate, up, up, Activation.SILU);
  }

  @Test
  void anotherRoutingIsSortedAnew() {
    launch(gate(first));
    float[] one = values(first);
    route(2);
    launch(gate(first));
    float[] two = values(first);
    assertEquals(2, backend.expertOrder().sorts());
    assertEquals(false, Arrays.equals(one, two));
    route(1);
    launch(gate(first));
    assertArrayEquals(one, values(first));
  }

  @Test
  void aProductOverTheRoutingItselfIsNoticed() {
    Tensor shared = empty(DType.F32, 2L * TOKENS * CHOSEN * SIZE);
    Tensor inside = Tensor.of(DType.I32, ids.shape(), shared.buffer(), 0);
    Shape dims = Shape.of(TOKENS, CHOSEN, SIZE);
    Tensor over = Tensor.of(DType.F32, dims, shared.buffer(), 64);
    Tensor apart = Tensor.of(DType.F32, dims, shared.buffer(), ids.byteSize());
    launch(new GroupedLinear(x, weight, null, inside, null, null, apart));
    launch(new GroupedLinear(x, weight, null, inside, null, null, apart));
    assertEquals(1, backend.expertOrder().sorts());
    launch(new GroupedLinear(x, weight, null, ids, null, null, over));
    launch(new GroupedLinear(x, weight, null, inside, null, null, apart));
    assertEquals(3, backend.expertOrder().sorts());
  }
}
