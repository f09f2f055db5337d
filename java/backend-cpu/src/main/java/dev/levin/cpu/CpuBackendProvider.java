package dev.levin.cpu;

import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.BackendProvider;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.cpu.nativetwin.NativeLibrary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The CPU backend: always there, and what {@code auto} takes when no other device is.
 *
 * <p>System properties: {@code levin.cpu.threads} (default: the processors available), {@code
 * levin.cpu.kernels} ({@code auto}, {@code native}, {@code vector} or {@code scalar}), {@code
 * levin.cpu.vectorBits} (128, 256 or 512; default: what the processor prefers), {@code
 * levin.cpu.gemm} (how encoded weights are multiplied: {@code auto}, {@code fma}, {@code int8} or
 * {@code lut}) and {@code levin.cpu.isa} (an instruction set of the native kernels; default: the
 * best).
 */
public final class CpuBackendProvider implements BackendProvider {
  static final String NAME = "cpu";

  private static final int SCORE = 10;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability probe() {
    return new Availability.Ready(SCORE);
  }

  @Override
  public List<DeviceInfo> devices() {
    CpuOptions options = CpuOptions.fromProperties();
    return List.of(describe(options, KernelChoice.choose(options)));
  }

  static DeviceInfo describe(CpuOptions options, KernelTable kernels) {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    properties.put("threads", Integer.toString(options.threads()));
    properties.put("kernels", kernels.name());
    if (kernels.vectorBits() > 0) {
      properties.put("vector bits", Integer.toString(kernels.vectorBits()));
    }
    properties.put(
        "native kernels",
        switch (NativeLibrary.load()) {
          case NativeLibrary.Loaded loaded -> loaded.isa();
          case NativeLibrary.Absent absent -> "none: " + absent.reason();
        });
    return new DeviceInfo(0, Machine.processorName(), Machine.memoryBytes(), properties);
  }

  @Override
  public Backend open(DeviceInfo device) {
    return CpuBackend.open(CpuOptions.fromProperties());
  }
}
