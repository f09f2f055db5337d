package dev.levin.cuda;

import dev.levin.core.DeviceException;
import dev.levin.core.backend.DeviceInfo;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.Status;
import dev.levin.cuda.binding.Structs;
import dev.levin.cuda.binding.levin_device_info;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Devices of the loaded library, as {@link DeviceInfo}s whose index is CUDA's. */
final class CudaDevice {
  /** System property that chooses a device by its index or a part of its name. */
  static final String PROPERTY = "levin.cuda.device";

  private CudaDevice() {}

  /**
   * All devices in CUDA's order; the one that {@link #PROPERTY} names, if it is set, before all
   * others.
   *
   * @throws DeviceException of kind UNAVAILABLE without a driver that serves
   * @throws IllegalArgumentException when the property names no device
   */
  static List<DeviceInfo> all() {
    int[] count = new int[1];
    int status = Levin.levin_device_count(count);
    if (status == Levin.LEVIN_NO_DRIVER) {
      throw new DeviceException(DeviceException.Kind.UNAVAILABLE, Status.text());
    }
    Status.check(status, "counting devices");
    List<DeviceInfo> devices = new ArrayList<>();
    for (int index = 0; index < count[0]; index++) {
      devices.add(read(index));
    }
    return chosenFirst(devices, System.getProperty(PROPERTY, "").strip());
  }

  static List<DeviceInfo> chosenFirst(List<DeviceInfo> devices, String choice) {
    if (choice.isEmpty() || devices.isEmpty()) {
      return devices;
    }
    for (DeviceInfo device : devices) {
      if (matches(device, choice)) {
        List<DeviceInfo> ordered = new ArrayList<>(devices);
        ordered.remove(device);
        ordered.addFirst(device);
        return ordered;
      }
    }
    throw new IllegalArgumentException(
        "%s is '%s', the devices are %s"
            .formatted(
                PROPERTY,
                choice,
                String.join(
                    ", ",
                    devices.stream()
                        .map(device -> device.index() + " '" + device.name() + "'")
                        .toList())));
  }

  private static boolean matches(DeviceInfo device, String choice) {
    return choice.equals(Integer.toString(device.index()))
        || (!choice.chars().allMatch(Character::isDigit)
            && device.name().toLowerCase(Locale.ROOT).contains(choice.toLowerCase(Locale.ROOT)));
  }

  private static DeviceInfo read(int index) {
    try (Arena arena = Arena.ofConfined()) {
      levin_device_info info =
          new Structs(arena).of(levin_device_info.class, levin_device_info::new);
      Status.check(Levin.levin_get_device_info(index, info), "describing device " + index);
      Map<String, String> properties = new LinkedHashMap<>();
      properties.put("architecture", "sm_" + info.compute_major() + info.compute_minor());
      properties.put("multiprocessors", Integer.toString(info.multiprocessors()));
      properties.put("driver", "CUDA " + version(info.driver_version()));
      properties.put("runtime", "CUDA " + version(info.runtime_version()));
      if (Levin.levin_is_emulated() != 0) {
        properties.put("emulated", "on the CPU, for tests");
      }
      return new DeviceInfo(index, info.name().getString(), info.total_bytes(), properties);
    }
  }

  private static String version(int number) {
    return number / 1000 + "." + number % 1000 / 10;
  }
}
