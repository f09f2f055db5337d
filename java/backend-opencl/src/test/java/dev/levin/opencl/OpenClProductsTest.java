package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;
import dev.levin.testkit.grid.OpCase;
import dev.levin.testkit.grid.OpGrid;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** Products in integers and in halves, emulated, over the weights that have codes. */
@Tag("opencl")
class OpenClProductsTest {
  private static final LaunchSizes SIZES = new LaunchSizes(32, 32, 2, 1, 2, 2, 8, 16, 8, 32);

  private static final Set<String> OPS = Set.of("Linear", "HeadLinear", "GroupedLinear");

  @BeforeAll
  static void requireDevice() {
    OpenClTests.device();
  }

  private static Backend open(Products products) {
    OpenClDevice device = OpenClTests.device();
    Extensions extensions = new Extensions(Subgroups.OFF, products);
    return OpenClBackend.open(device, SIZES, extensions, BinaryCache.configured(device));
  }

  private static List<OpCase> casesOf(Set<DType> weights) {
    Set<String> names = weights.stream().map(DType::name).collect(Collectors.toSet());
    return OpGrid.cases().stream()
        .filter(row -> OPS.contains(row.op()))
        .filter(row -> names.contains(row.label().split(" ")[0]))
        .toList();
  }

  @Nested
  @Tag("opencl")
  class Integers extends OpConformanceTest {
    @Override
    protected Backend openBackend() {
      return open(Products.EMULATED_INT8);
    }

    @Override
    protected List<OpCase> cases() {
      return casesOf(
          Arrays.stream(DType.values()).filter(Products.INT8::encodes).collect(Collectors.toSet()));
    }
  }

  /**
   * Codes are read as for integers, so types with one scale, with two and with leasts are enough.
   */
  @Nested
  @Tag("opencl")
  class Halves extends OpConformanceTest {
    @Override
    protected Backend openBackend() {
      return open(Products.EMULATED_FP16);
    }

    @Override
    protected List<OpCase> cases() {
      return casesOf(Set.of(DType.Q8_0, DType.Q5_1, DType.Q2_K, DType.MXFP4));
    }
  }
}
