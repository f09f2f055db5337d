package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.DeviceException;
import dev.levin.core.DeviceException.Kind;
import dev.levin.core.backend.Availability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jocl.CL;
import org.jocl.CLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is missing or breaks says so in one line. */
class FailuresTest {
  @Test
  void codesBecomeWhatTheEngineActsOn() {
    assertKind(Kind.OUT_OF_MEMORY, CL.CL_MEM_OBJECT_ALLOCATION_FAILURE);
    assertKind(Kind.OUT_OF_MEMORY, CL.CL_OUT_OF_RESOURCES);
    assertKind(Kind.DEVICE_LOST, CL.CL_DEVICE_NOT_AVAILABLE);
    assertKind(Kind.DEVICE_LOST, CL.CL_INVALID_COMMAND_QUEUE);
    assertKind(Kind.DEVICE_LOST, CL.CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
    assertKind(Kind.INVALID_ARGUMENT, CL.CL_INVALID_VALUE);
    assertKind(Kind.INTERNAL, CL.CL_INVALID_KERNEL_NAME);
  }

  private static void assertKind(Kind kind, int status) {
    DeviceException error = Failures.of("Add", new CLException("broken", status));
    assertEquals(kind, error.kind(), Failures.name(status));
    assertEquals("Add failed: " + Failures.name(status), error.getMessage());
  }

  @Test
  void aMachineWithoutLoaderHasNone() {
    assertFalse(LoaderLibrary.isPresent(List.of("libThereIsNoSuchLibrary.so.1")));
    assertFalse(LoaderLibrary.isPresent(List.of()));
  }

  /** The loader reads where drivers are registered from its environment, once a process. */
  @Test
  @Tag("opencl")
  void aLoaderWithoutDriversSaysSo(@TempDir Path empty) throws IOException, InterruptedException {
    OpenClTests.device();
    ProcessBuilder child =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Probe.class.getName());
    child.environment().put("OCL_ICD_VENDORS", empty.toString());
    child.redirectErrorStream(true);
    Process process = child.start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), text);
    assertTrue(text.contains("the OpenCL loader finds no platform: no driver is installed"), text);
  }

  /** Prints why OpenCL is absent. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
      if (new OpenClBackendProvider().probe() instanceof Availability.Absent absent) {
        System.out.println(absent.reason());
      }
    }
  }
}
