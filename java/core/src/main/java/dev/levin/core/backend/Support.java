package dev.levin.core.backend;

import dev.levin.core.DType;
import dev.levin.core.op.Op;
import java.util.Set;
import java.util.stream.Collectors;

/** A backend's answer to whether it can run an op. */
public record Support(boolean supported, String reason) {
  private static final Support YES = new Support(true, "");

  public static Support yes() {
    return YES;
  }

  public static Support no(String reason) {
    return new Support(false, reason);
  }

  /** Whether a device with these activation types has the op's; the reason names both. */
  public static Support ofActivations(Op op, Set<DType> types) {
    if (types.contains(op.activationType())) {
      return YES;
    }
    return no(
        "activations of %s are not supported, only %s"
            .formatted(
                op.activationType(),
                types.stream().sorted().map(DType::name).collect(Collectors.joining(", "))));
  }
}
