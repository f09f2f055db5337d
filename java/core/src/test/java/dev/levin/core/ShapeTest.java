package dev.levin.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void countsFromBothEnds() {
    Shape shape = Shape.of(2, 3, 4);
    assertEquals(3, shape.rank());
    assertEquals(2, shape.dim(0));
    assertEquals(4, shape.dim(-1));
    assertEquals(2, shape.dim(-3));
    assertEquals(4, shape.last());
    assertEquals(6, shape.rows());
    assertEquals(24, shape.elements());
    assertEquals("[2,3,4]", shape.toString());
  }

  @Test
  void aScalarHasOneElement() {
    assertEquals(0, Shape.of().rank());
    assertEquals(1, Shape.of().last());
    assertEquals(1, Shape.of().elements());
  }

  @Test
  void isAValue() {
    long[] dims = {2, 3};
    Shape shape = Shape.of(dims);
    dims[0] = 9;
    shape.toArray()[1] = 9;
    assertArrayEquals(new long[] {2, 3}, shape.toArray());
    assertEquals(Shape.of(2, 3), shape);
    assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
    assertNotEquals(Shape.of(3, 2), shape);
  }

  @Test
  void negativeDimensionsAreRefused() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -3));
    assertEquals("negative dimension in [2, -3]", e.getMessage());
  }

  @Test
  void overflowIsAnError() {
    assertThrows(ArithmeticException.class, () -> Shape.of(1L << 40, 1L << 40).elements());
    assertThrows(ArithmeticException.class, () -> Shape.of(1L << 40, 1L << 40, 1).rows());
  }
}
