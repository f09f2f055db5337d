package dev.levin.cuda;

import dev.levin.core.DeviceException;
import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.BackendProvider;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.cuda.binding.NativeLibrary;
import java.util.List;

/**
 * CUDA devices: {@code auto} prefers one to every other backend, and never takes the emulated
 * library by itself.
 *
 * <p>System properties: {@code levin.cuda.device} (index or part of a name; default: CUDA's first),
 * {@code levin.cuda.memory} (share of the device's memory that Levin may fill; default 0.9), {@code
 * levin.cuda.graphs} ({@code off} launches every op by itself), {@code levin.cuda.debug} ({@code
 * true} waits after every op, so that a fault names it) and {@code levin.cuda.library} ({@code
 * emulated} for tests).
 */
public final class CudaBackendProvider implements BackendProvider {
  static final String NAME = "cuda";

  private static final int SCORE = 100;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability probe() {
    return switch (NativeLibrary.load()) {
      case NativeLibrary.Absent absent -> new Availability.Absent(absent.reason());
      case NativeLibrary.Loaded loaded -> probe(loaded);
    };
  }

  private static Availability probe(NativeLibrary.Loaded loaded) {
    try {
      if (CudaDevice.all().isEmpty()) {
        return new Availability.Absent("the CUDA driver sees no device");
      }
      MemoryShare.configured();
      return new Availability.Ready(loaded.emulated() ? 0 : SCORE);
    } catch (DeviceException | IllegalArgumentException e) {
      return new Availability.Absent(e.getMessage());
    }
  }

  @Override
  public List<DeviceInfo> devices() {
    return CudaDevice.all();
  }

  /**
   * Opens a device.
   *
   * @param device as {@link #devices()} returned it
   * @throws DeviceException when the device is no longer there or cannot be opened
   */
  @Override
  public Backend open(DeviceInfo device) {
    return CudaBackend.open(device);
  }
}
