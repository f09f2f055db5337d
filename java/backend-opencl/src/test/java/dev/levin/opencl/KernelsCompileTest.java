package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.levin.core.DType;
import dev.levin.core.op.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final Path CHECK = Path.of("../../opencl-kernels/check");
  private static final List<DType> ONE_OF_EACH_FILE =
      List.of(DType.F32, DType.Q4_0, DType.Q4_K, DType.IQ2_XS, DType.MXFP4);

  private static final Extensions EMULATED_SUBGROUPS =
      new Extensions(Subgroups.EMULATED, Products.FLOAT);

  /** Sub-groups change the prelude and products, whatever the weights. */
  private static final ProgramSource PRODUCTS = weights(DType.Q8_0, Products.FLOAT);

  private static ProgramSource weights(DType dtype, Products products) {
    return ProgramSource.weights(dtype, products).orElseThrow();
  }

  private static Set<ProgramSource> sources() {
    Set<ProgramSource> sources = new LinkedHashSet<>();
    sources.add(ProgramSource.COMMON);
    for (DType dtype : DType.values()) {
      ProgramSource.weights(dtype, Products.FLOAT).ifPresent(sources::add);
      ProgramSource.cache(dtype).ifPresent(sources::add);
    }
    for (DType activations : Op.ACTIVATION_TYPES.stream().sorted().toList()) {
      sources.add(ProgramSource.COMMON.over(activations));
      for (DType dtype : ONE_OF_EACH_FILE) {
        sources.add(weights(dtype, Products.FLOAT).over(activations));
      }
      for (DType dtype : DType.values()) {
        ProgramSource.cache(dtype).map(source -> source.over(activations)).ifPresent(sources::add);
      }
    }
    return sources;
  }

  /** Programs over codes: all types as integers, and what else differs once. */
  private static Set<ProgramSource> codedSources() {
    Set<ProgramSource> sources = new LinkedHashSet<>();
    for (DType dtype : DType.values()) {
      if (Products.INT8.encodes(dtype)) {
        sources.add(weights(dtype, Products.INT8));
      }
    }
    sources.add(weights(DType.Q4_0, Products.FP16));
    sources.addAll(emulatedSources());
    return sources;
  }

  private static List<ProgramSource> emulatedSources() {
    List<ProgramSource> sources = new ArrayList<>();
    for (DType activations : Op.ACTIVATION_TYPES.stream().sorted().toList()) {
      sources.add(weights(DType.Q4_0, Products.EMULATED_INT8).over(activations));
      sources.add(weights(DType.Q4_0, Products.EMULATED_FP16).over(activations));
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
          compile(context, source, options(device, sizes, Extensions.NONE, source), problems);
        }
        if (sizes.lanes() > 1) {
          for (ProgramSource source : List.of(ProgramSource.COMMON, PRODUCTS)) {
            String options = options(device, sizes, EMULATED_SUBGROUPS, source);
            compile(context, source, options, problems);
          }
          for (ProgramSource source : emulatedSources()) {
            compile(context, source, options(device, sizes, Extensions.NONE, source), problems);
          }
        }
      }
    } finally {
      CL.clReleaseContext(context);
    }
    assertFalse(sources().isEmpty());
    assertFalse(!problems.isEmpty(), () -> String.join(System.lineSeparator(), problems));
  }

  /** What {@code opencl-check} compiles without a device is what this backend asks for. */
  @Test
  void listsOfTheOfflineCheckAreComplete() throws IOException {
    assertEquals(programs(sources()), Files.readString(CHECK.resolve("programs.txt")));
    assertEquals(programs(codedSources()), Files.readString(CHECK.resolve("coded_programs.txt")));
    List<String> devices = new ArrayList<>();
    List<String> coded = new ArrayList<>();
    for (LaunchSizes sizes : LaunchSizes.table()) {
      devices.add("-cl-std=CL1.2 " + sizes.options());
      if (sizes.lanes() > 1) {
        devices.add("-cl-std=CL3.0 -D SUBGROUPS=1 " + sizes.options());
        devices.add("-cl-std=CL1.2 -D SUBGROUPS=2 " + sizes.options());
        coded.add("-cl-std=CL3.0 " + sizes.options());
        coded.add("-cl-std=CL3.0 -D SUBGROUPS=1 " + sizes.options());
      }
    }
    assertEquals(lines(devices), Files.readString(CHECK.resolve("devices.txt")));
    assertEquals(lines(coded), Files.readString(CHECK.resolve("coded_devices.txt")));
  }

  private static String programs(Set<ProgramSource> sources) {
    return lines(
        sources.stream()
            .map(s -> "prelude %s: %s".formatted(String.join(" ", s.files()), s.options()).strip())
            .toList());
  }

  private static String lines(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }

  private static String options(
      OpenClDevice device, LaunchSizes sizes, Extensions extensions, ProgramSource source) {
    return String.join(
        " ", extensions.options(device), "-Werror", sizes.options(), source.options());
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
