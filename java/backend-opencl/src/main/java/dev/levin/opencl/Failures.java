package dev.levin.opencl;

import dev.levin.core.DeviceException;
import dev.levin.core.DeviceException.Kind;
import org.jocl.CL;
import org.jocl.CLException;

/** What the error codes of OpenCL mean to the engine. */
final class Failures {
  /** clGetPlatformIDs of the ICD loader when no driver is installed. */
  static final int NO_PLATFORM = -1001;

  private Failures() {}

  /** One line: what was being done, and what OpenCL said. */
  static DeviceException of(String what, CLException cause) {
    int status = cause.getStatus();
    return new DeviceException(kind(status), what + " failed: " + name(status), cause);
  }

  static boolean isOutOfMemory(CLException e) {
    return kind(e.getStatus()) == Kind.OUT_OF_MEMORY;
  }

  static String name(int status) {
    return status == NO_PLATFORM ? "no platform (-1001)" : CL.stringFor_errorCode(status);
  }

  private static Kind kind(int status) {
    return switch (status) {
      case CL.CL_MEM_OBJECT_ALLOCATION_FAILURE,
          CL.CL_OUT_OF_RESOURCES,
          CL.CL_OUT_OF_HOST_MEMORY,
          CL.CL_INVALID_BUFFER_SIZE ->
          Kind.OUT_OF_MEMORY;
      // Levin's own queue and context are valid for as long as the driver has not given them up.
      case CL.CL_DEVICE_NOT_AVAILABLE,
          CL.CL_DEVICE_NOT_FOUND,
          CL.CL_INVALID_COMMAND_QUEUE,
          CL.CL_INVALID_CONTEXT,
          CL.CL_INVALID_DEVICE,
          CL.CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST ->
          Kind.DEVICE_LOST;
      case CL.CL_INVALID_VALUE, CL.CL_INVALID_ARG_VALUE -> Kind.INVALID_ARGUMENT;
      default -> Kind.INTERNAL;
    };
  }
}
