package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.levin.core.DType;
import dev.levin.core.op.Op;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_program;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every program that any device may ask for compiles without a warning. */
@Tag("opencl")
class KernelsCompileTest {
  private static final List<DType> ONE_OF_EACH_FILE =
      List.of(DType.F32, DType.Q4_0, DType.Q4_K, DType.IQ2_XS, DType.MXFP4);

  private static Set<ProgramSource> sources() {
    Set<ProgramSource> sources = new LinkedHashSet<>();
    sources.add(ProgramSource.COMMON);
    for (DType dtype : DType.values()) {
      ProgramSource.weights(dtype).ifPresent(sources::add);
      ProgramSource.cache(dtype).ifPresent(sources::add);
    }
    for (DType activations : Op.ACTIVATION_TYPES) {
      sources.add(ProgramSource.COMMON.over(activations));
      for (DType dtype : ONE_OF_EACH_FILE) {
        sources.add(ProgramSource.weights(dtype).orElseThrow().over(activations));
      }
      for (DType dtype : DType.values()) {
        ProgramSource.cache(dtype).map(source -> source.over(activations)).ifPresent(sources::add);
      }
    }
    return sources;
  }

  @Test
  void everyProgramCompilesForEveryClassOfDevices() {
    OpenClDevice device = OpenClTests.device();
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.platform());
    cl_context context =
        CL.clCreateContext(properties, 1, new cl_device_id[] {device.id()}, null, null, null);
    List<String> problems = new ArrayList<>();
    try {
      for (LaunchSizes sizes : LaunchSizes.table()) {
        for (ProgramSource source : sources()) {
          String[] options = {"-cl-std=CL1.2 -Werror", sizes.options(), source.options()};
          compile(context, source, String.join(" ", options), problems);
        }
      }
    } finally {
      CL.clReleaseContext(context);
    }
    assertFalse(sources().isEmpty());
    assertFalse(!problems.isEmpty(), () -> String.join(System.lineSeparator(), problems));
  }

  private static void compile(
      cl_context context, ProgramSource source, String options, List<String> problems) {
    String[] texts = source.texts();
    cl_program program = CL.clCreateProgramWithSource(context, texts.length, texts, null, null);
    try {
      CL.clBuildProgram(program, 0, null, options, null, null);
    } catch (CLException e) {
      problems.add(source + " with " + options + ": " + e.getMessage());
    } finally {
      CL.clReleaseProgram(program);
    }
  }
}
