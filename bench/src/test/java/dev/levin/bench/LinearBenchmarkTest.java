package dev.levin.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.annotations.Param;

/** Runs every combination of parameters once: a benchmark that computes nonsense is worthless. */
class LinearBenchmarkTest {
  /**
   * Of the length of x, sqrt(K): each product of normal values with an 8-bit activation's rounding
   * adds an error of about 1/127 of its size.
   */
  private static final double TOLERANCE = 0.05;

  static Stream<Arguments> combinations() throws NoSuchFieldException {
    String[] dtypes = LinearBenchmark.class.getField("dtype").getAnnotation(Param.class).value();
    String[] shapes = LinearBenchmark.class.getField("shape").getAnnotation(Param.class).value();
    return Stream.of(dtypes)
        .flatMap(dtype -> Stream.of(shapes).map(shape -> Arguments.of(dtype, shape)));
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void computesTheProduct(String dtype, String shape) {
    LinearBenchmark benchmark = new LinearBenchmark();
    benchmark.dtype = dtype;
    benchmark.shape = shape;
    benchmark.prepare();
    try {
      benchmark.linear();
      int lastToken = Integer.parseInt(shape.split("x")[0]) - 1;
      int lastRow = Integer.parseInt(shape.split("x")[1]) - 1;
      double bound = TOLERANCE * Math.sqrt(Integer.parseInt(shape.split("x")[2]));
      assertEquals(benchmark.expected(0, 0), benchmark.result(0, 0), bound);
      assertEquals(
          benchmark.expected(lastToken, lastRow), benchmark.result(lastToken, lastRow), bound);
    } finally {
      benchmark.close();
    }
  }
}
