package dev.levin.opencl;

import dev.levin.core.DeviceException;
import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.BackendProvider;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.core.backend.Tuning;
import java.util.List;
import java.util.Optional;
import org.jocl.CLException;

/**
 * OpenCL devices: {@code auto} prefers a GPU to the CPU backend, and never takes an OpenCL driver
 * for CPUs by itself.
 *
 * <p>System properties: {@code levin.opencl.device} (index or part of a name; default: the first
 * GPU), {@code levin.opencl.cache} (folder for compiled programs, or {@code off}; default: {@code
 * ~/.cache/levin/opencl}), {@code levin.opencl.tuning} (folder for tuned sizes, or {@code off};
 * default: {@code ~/.cache/levin/opencl-tuning}) and {@code levin.opencl.profile} ({@code true} to
 * time kernels on the device).
 */
public final class OpenClBackendProvider implements BackendProvider {
  static final String NAME = "opencl";

  private static final int GPU_SCORE = 50;
  private static final Availability NO_LIBRARY =
      new Availability.Absent(
          "there is no OpenCL library on this machine (package ocl-icd-libopencl1 on Debian)");

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability probe() {
    if (!LoaderLibrary.isPresent()) {
      return NO_LIBRARY;
    }
    try {
      List<OpenClDevice> devices = OpenClDevice.all();
      if (devices.isEmpty()) {
        return new Availability.Absent("the OpenCL platforms of this machine offer no device");
      }
      boolean gpu = devices.getFirst().kind() == OpenClDevice.Kind.GPU;
      return new Availability.Ready(gpu ? GPU_SCORE : 0);
    } catch (CLException e) {
      return new Availability.Absent(
          e.getStatus() == Failures.NO_PLATFORM
              ? "the OpenCL loader finds no platform: no driver is installed"
              : "OpenCL does not answer: " + Failures.name(e.getStatus()));
    } catch (IllegalArgumentException e) {
      return new Availability.Absent(e.getMessage());
    } catch (LinkageError e) {
      return NO_LIBRARY;
    } catch (RuntimeException e) {
      return new Availability.Absent("OpenCL cannot be used: " + firstLine(e));
    }
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.getClass().getSimpleName());
  }

  @Override
  public List<DeviceInfo> devices() {
    try {
      return OpenClDevice.all().stream().map(OpenClDevice::info).toList();
    } catch (CLException e) {
      throw Failures.of("listing OpenCL devices", e);
    }
  }

  /**
   * Opens a device.
   *
   * @param device as {@link #devices()} returned it
   * @throws DeviceException when the device is no longer there or cannot be opened
   */
  @Override
  public Backend open(DeviceInfo device) {
    try {
      return OpenClBackend.open(find(device));
    } catch (CLException e) {
      throw Failures.of("opening OpenCL device '" + device.name() + "'", e);
    }
  }

  @Override
  public Optional<Tuning> tuning(DeviceInfo device) {
    return Optional.of(new OpenClTuning(find(device), TuningFile.configured()));
  }

  private static OpenClDevice find(DeviceInfo device) {
    return OpenClDevice.all().stream()
        .filter(candidate -> candidate.info().index() == device.index())
        .findFirst()
        .orElseThrow(
            () ->
                new DeviceException(
                    DeviceException.Kind.UNAVAILABLE,
                    "there is no OpenCL device %d ('%s')"
                        .formatted(device.index(), device.name())));
  }
}
