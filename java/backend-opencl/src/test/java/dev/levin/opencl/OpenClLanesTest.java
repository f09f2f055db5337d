package dev.levin.opencl;

import dev.levin.core.backend.Backend;
import dev.levin.testkit.OpConformanceTest;
import dev.levin.testkit.grid.OpCase;
import dev.levin.testkit.grid.OpGrid;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/**
 * The kernels as GPUs run them, with work-items that share outputs and local memory, on whatever
 * device there is. Tiles and splits are small, so that tests cross their edges.
 */
@Tag("opencl")
class OpenClLanesTest extends OpConformanceTest {
  private static final LaunchSizes SIZES = new LaunchSizes(32, 32, 2, 1, 2, 2, 8, 16, 8, 32);

  private static final Set<String> OPS =
      Set.of("Attention", "GroupedLinear", "HeadLinear", "Linear", "RmsNorm", "RouteExperts");
  private static final Set<String> TYPES =
      Set.of("BF16", "IQ2_XXS", "MXFP4", "Q4_0", "Q4_K", "Q8_0", "TQ1_0");

  @BeforeAll
  static void requireDevice() {
    OpenClTests.device();
  }

  @Override
  protected Backend openBackend() {
    OpenClDevice device = OpenClTests.device();
    return OpenClBackend.open(device, SIZES, BinaryCache.configured(device));
  }

  /** Types that are decoded alike add nothing here. */
  @Override
  protected List<OpCase> cases() {
    return OpGrid.cases().stream()
        .filter(row -> OPS.contains(row.op()))
        .filter(row -> hasOneOf(row.toString()))
        .toList();
  }

  private static boolean hasOneOf(String row) {
    boolean named = false;
    for (String word : row.split("[\\[ ,\\]]+")) {
      if (TYPES.contains(word) || word.equals("F32")) {
        return true;
      }
      named |= word.matches("I?[QTN]?[A-Z]*[0-9]+_[A-Z0-9_]+|F16");
    }
    return !named;
  }
}
