package dev.levin.cpu;

import dev.levin.core.DeviceException;
import dev.levin.cpu.nativetwin.NativeLibrary;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips, saying why, where the native kernels cannot run or not with the chosen instructions. */
final class NeedsNative implements ExecutionCondition {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    try {
      return switch (NativeLibrary.load()) {
        case NativeLibrary.Loaded loaded -> ConditionEvaluationResult.enabled(loaded.isa());
        case NativeLibrary.Absent absent -> ConditionEvaluationResult.disabled(absent.reason());
      };
    } catch (DeviceException e) {
      return ConditionEvaluationResult.disabled(e.getMessage());
    }
  }
}
