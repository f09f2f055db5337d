package dev.levin.opencl;

import static org.jocl.CL.CL_DEVICE_EXTENSIONS;
import static org.jocl.CL.CL_DEVICE_GLOBAL_MEM_SIZE;
import static org.jocl.CL.CL_DEVICE_LOCAL_MEM_SIZE;
import static org.jocl.CL.CL_DEVICE_MAX_COMPUTE_UNITS;
import static org.jocl.CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE;
import static org.jocl.CL.CL_DEVICE_MAX_WORK_GROUP_SIZE;
import static org.jocl.CL.CL_DEVICE_NAME;
import static org.jocl.CL.CL_DEVICE_SINGLE_FP_CONFIG;
import static org.jocl.CL.CL_DEVICE_TYPE;
import static org.jocl.CL.CL_DEVICE_TYPE_ALL;
import static org.jocl.CL.CL_DEVICE_TYPE_CPU;
import static org.jocl.CL.CL_DEVICE_TYPE_GPU;
import static org.jocl.CL.CL_DEVICE_VERSION;
import static org.jocl.CL.CL_DRIVER_VERSION;
import static org.jocl.CL.CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT;
import static org.jocl.CL.CL_PLATFORM_NAME;
import static org.jocl.CL.CL_PLATFORM_VERSION;

import dev.levin.core.backend.DeviceInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * One device of one platform, with what the backend needs to know of it.
 *
 * @param maxAllocationBytes the largest single buffer
 * @param localBytes memory of a work-group
 * @param maxGroupItems work-items of a work-group
 * @param roundedDivision whether division can be told to round correctly
 */
record OpenClDevice(
    cl_platform_id platform,
    cl_device_id id,
    DeviceInfo info,
    Kind kind,
    String version,
    String driver,
    long maxAllocationBytes,
    long localBytes,
    int computeUnits,
    long maxGroupItems,
    boolean roundedDivision) {
  /** System property that chooses a device by its index or a part of its name. */
  static final String PROPERTY = "levin.opencl.device";

  private static final String DOT = "integer dot product";

  /** {@code CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR}. */
  private static final int PACKED_DOT_ACCELERATION = 0x1075;

  /** Flags of 4 bytes in what that asks for; the first is that of signed bytes. */
  private static final int PACKED_DOT_FLAGS = 6;

  enum Kind {
    GPU,
    ACCELERATOR,
    CPU
  }

  /**
   * All devices, GPUs first and otherwise in the order of the platforms; the one that {@link
   * #PROPERTY} names, if it is set, before all others.
   *
   * @throws CLException when there is no platform
   * @throws UnsatisfiedLinkError when there is no OpenCL library
   * @throws IllegalArgumentException when the property names no device
   */
  static List<OpenClDevice> all() {
    CL.setExceptionsEnabled(true);
    List<OpenClDevice> found = SignalHandlers.kept(OpenClDevice::readAll);
    found.sort(Comparator.comparing(OpenClDevice::kind));
    List<OpenClDevice> devices = new ArrayList<>();
    for (OpenClDevice device : found) {
      devices.add(device.withIndex(devices.size()));
    }
    return chosenFirst(devices, System.getProperty(PROPERTY, "").strip());
  }

  private static List<OpenClDevice> readAll() {
    List<OpenClDevice> found = new ArrayList<>();
    for (cl_platform_id platform : platforms()) {
      for (cl_device_id id : devices(platform)) {
        found.add(read(platform, id));
      }
    }
    return found;
  }

  static List<OpenClDevice> chosenFirst(List<OpenClDevice> devices, String choice) {
    if (choice.isEmpty() || devices.isEmpty()) {
      return devices;
    }
    for (OpenClDevice device : devices) {
      if (device.matches(choice)) {
        List<OpenClDevice> ordered = new ArrayList<>(devices);
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
                        .map(device -> device.info.index() + " '" + device.info.name() + "'")
                        .toList())));
  }

  private boolean matches(String choice) {
    return choice.equals(Integer.toString(info.index()))
        || (!choice.chars().allMatch(Character::isDigit)
            && info.name().toLowerCase(Locale.ROOT).contains(choice.toLowerCase(Locale.ROOT)));
  }

  /**
   * Whether the driver keeps compiled kernels itself. PoCL does, one by one, and to hand out a
   * binary it compiles all kernels of a program once more.
   */
  boolean cachesKernels() {
    return info.properties().getOrDefault("platform", "").contains("Portable Computing Language");
  }

  /** Whether an extension is among those of the device. */
  boolean offers(String extension) {
    return List.of(info.properties().get("extensions").split("\\s+")).contains(extension);
  }

  /** Whether the device has an instruction for products of four signed bytes. */
  boolean acceleratedDot() {
    return "accelerated".equals(info.properties().get(DOT));
  }

  private OpenClDevice withIndex(int index) {
    DeviceInfo numbered = new DeviceInfo(index, info.name(), info.memoryBytes(), info.properties());
    return new OpenClDevice(
        platform,
        id,
        numbered,
        kind,
        version,
        driver,
        maxAllocationBytes,
        localBytes,
        computeUnits,
        maxGroupItems,
        roundedDivision);
  }

  private static cl_platform_id[] platforms() {
    int[] count = new int[1];
    CL.clGetPlatformIDs(0, null, count);
    cl_platform_id[] platforms = new cl_platform_id[count[0]];
    CL.clGetPlatformIDs(platforms.length, platforms, null);
    return platforms;
  }

  private static cl_device_id[] devices(cl_platform_id platform) {
    int[] count = new int[1];
    try {
      CL.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, null, count);
    } catch (CLException e) {
      if (e.getStatus() == CL.CL_DEVICE_NOT_FOUND) {
        return new cl_device_id[0];
      }
      throw e;
    }
    cl_device_id[] devices = new cl_device_id[count[0]];
    CL.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, devices.length, devices, null);
    return devices;
  }

  private static OpenClDevice read(cl_platform_id platform, cl_device_id id) {
    long type = number(id, CL_DEVICE_TYPE);
    Kind kind =
        (type & CL_DEVICE_TYPE_GPU) != 0
            ? Kind.GPU
            : (type & CL_DEVICE_TYPE_CPU) != 0 ? Kind.CPU : Kind.ACCELERATOR;
    String driver = text(id, CL_DRIVER_VERSION);
    String version = text(id, CL_DEVICE_VERSION);
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("type", kind.name().toLowerCase(Locale.ROOT));
    properties.put("platform", platformText(platform, CL_PLATFORM_NAME));
    properties.put("platform version", platformText(platform, CL_PLATFORM_VERSION));
    properties.put("version", version);
    properties.put("driver", driver);
    properties.put("compute units", Long.toString(number(id, CL_DEVICE_MAX_COMPUTE_UNITS)));
    String extensions = text(id, CL_DEVICE_EXTENSIONS);
    properties.put("extensions", extensions);
    if (extensions.contains("cl_khr_integer_dot_product")) {
      properties.put(DOT, isDotAccelerated(id) ? "accelerated" : "offered");
    }
    DeviceInfo info =
        new DeviceInfo(
            0, text(id, CL_DEVICE_NAME), number(id, CL_DEVICE_GLOBAL_MEM_SIZE), properties);
    boolean rounded =
        (number(id, CL_DEVICE_SINGLE_FP_CONFIG) & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
    return new OpenClDevice(
        platform,
        id,
        info,
        kind,
        version,
        driver,
        number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
        number(id, CL_DEVICE_LOCAL_MEM_SIZE),
        Math.toIntExact(number(id, CL_DEVICE_MAX_COMPUTE_UNITS)),
        number(id, CL_DEVICE_MAX_WORK_GROUP_SIZE),
        rounded);
  }

  /** Fields of 4 and of 8 bytes alike: what is not written stays 0, and both are little-endian. */
  private static long number(cl_device_id id, int field) {
    long[] value = new long[1];
    CL.clGetDeviceInfo(id, field, Sizeof.cl_ulong, Pointer.to(value), null);
    return value[0];
  }

  private static boolean isDotAccelerated(cl_device_id id) {
    int[] flags = new int[PACKED_DOT_FLAGS];
    long bytes = (long) PACKED_DOT_FLAGS * Sizeof.cl_int;
    CL.clGetDeviceInfo(id, PACKED_DOT_ACCELERATION, bytes, Pointer.to(flags), null);
    return flags[0] != 0;
  }

  private static String text(cl_device_id id, int field) {
    long[] size = new long[1];
    CL.clGetDeviceInfo(id, field, 0, null, size);
    byte[] bytes = new byte[Math.toIntExact(size[0])];
    CL.clGetDeviceInfo(id, field, bytes.length, Pointer.to(bytes), null);
    return string(bytes);
  }

  private static String platformText(cl_platform_id id, int field) {
    long[] size = new long[1];
    CL.clGetPlatformInfo(id, field, 0, null, size);
    byte[] bytes = new byte[Math.toIntExact(size[0])];
    CL.clGetPlatformInfo(id, field, bytes.length, Pointer.to(bytes), null);
    return string(bytes);
  }

  /** Without the NUL at the end. */
  static String string(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).replace("\0", "").strip();
  }
}
