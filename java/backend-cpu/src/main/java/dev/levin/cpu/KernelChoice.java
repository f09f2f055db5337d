package dev.levin.cpu;

import dev.levin.core.DeviceException;
import dev.levin.cpu.nativetwin.NativeKernels;
import dev.levin.cpu.nativetwin.NativeLibrary;
import dev.levin.cpu.scalar.ScalarKernels;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place that chooses between the twins. The vector ones are found by name, so that a JVM
 * without the incubator module never links a class that needs it.
 */
final class KernelChoice {
  private static final Logger LOG = LoggerFactory.getLogger(KernelChoice.class);
  private static final String MODULE = "jdk.incubator.vector";
  private static final String VECTOR_KERNELS = "dev.levin.cpu.vector.VectorKernels";
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private KernelChoice() {}

  /**
   * The kernels that {@code options} ask for.
   *
   * @throws DeviceException of kind UNAVAILABLE when those that are forced cannot run
   */
  static KernelTable choose(CpuOptions options) {
    return choose(options, ModuleLayer.boot().findModule(MODULE).isPresent());
  }

  static KernelTable choose(CpuOptions options, boolean vectorModule) {
    Gemm gemm = options.gemm();
    return switch (options.kernels()) {
      case SCALAR -> ScalarKernels.table();
      case VECTOR -> {
        if (!vectorModule) {
          throw new DeviceException(DeviceException.Kind.UNAVAILABLE, missingModule());
        }
        yield vectorKernels(gemm);
      }
      case NATIVE ->
          switch (NativeLibrary.load()) {
            case NativeLibrary.Loaded loaded ->
                NativeKernels.table(javaKernels(gemm, vectorModule), gemm);
            case NativeLibrary.Absent absent ->
                throw new DeviceException(DeviceException.Kind.UNAVAILABLE, absent.reason());
          };
      case AUTO ->
          switch (NativeLibrary.load()) {
            case NativeLibrary.Loaded loaded ->
                NativeKernels.table(javaKernels(gemm, vectorModule), gemm);
            case NativeLibrary.Absent absent -> javaKernels(gemm, vectorModule);
          };
    };
  }

  private static KernelTable javaKernels(Gemm gemm, boolean vectorModule) {
    if (vectorModule) {
      return vectorKernels(gemm);
    }
    if (WARNED.compareAndSet(false, true)) {
      LOG.warn("{}; the scalar kernels run instead, many times slower", missingModule());
    }
    return ScalarKernels.table();
  }

  private static String missingModule() {
    return "the vector kernels need the JVM flag --add-modules " + MODULE;
  }

  private static KernelTable vectorKernels(Gemm gemm) {
    try {
      Class<?> kernels = Class.forName(VECTOR_KERNELS);
      MethodType type = MethodType.methodType(KernelTable.class, Gemm.class);
      return (KernelTable)
          MethodHandles.lookup().findStatic(kernels, "table", type).invokeExact(gemm);
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new DeviceException(
          DeviceException.Kind.UNAVAILABLE, "the vector kernels do not load: " + e, e);
    }
  }
}
