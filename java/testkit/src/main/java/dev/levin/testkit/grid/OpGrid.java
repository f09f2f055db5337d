package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.quant.Codecs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** All cases of all ops. */
public final class OpGrid {
  private OpGrid() {}

  /** Every case, in a fixed order; names are unique. */
  public static List<OpCase> cases() {
    List<OpCase> cases = new ArrayList<>();
    ElementwiseGrid.addTo(cases);
    ConvertGrid.addTo(cases);
    LinearGrid.addTo(cases);
    RoutingGrid.addTo(cases);
    CacheGrid.addTo(cases);
    AttentionGrid.addTo(cases);
    RecurrenceGrid.addTo(cases);
    ActivationGrid.addTo(cases);
    Set<String> names = new HashSet<>();
    for (OpCase row : cases) {
      if (!names.add(row.toString())) {
        throw new IllegalStateException("two cases are called " + row);
      }
    }
    return cases;
  }

  /** Encodings of weights: everything that decodes to numbers and is no activation format. */
  static List<DType> weightTypes() {
    return Arrays.stream(DType.values())
        .filter(dtype -> dtype != DType.BOOL && dtype != DType.Q8_1 && dtype != DType.Q8_K)
        .filter(dtype -> dtype.isBlock() || isFloat(dtype))
        .toList();
  }

  static boolean isFloat(DType dtype) {
    return switch (dtype) {
      case F32, F16, BF16, F8_E4M3, F8_E5M2 -> true;
      default -> false;
    };
  }

  static List<DType> encodable() {
    return Arrays.stream(DType.values())
        .filter(dtype -> dtype != DType.BOOL && Codecs.of(dtype).canEncode())
        .toList();
  }
}
