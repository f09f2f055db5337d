package dev.levin.opencl;

import dev.levin.core.backend.Counters;
import dev.levin.core.op.Op;
import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_event;

/**
 * What the device's clock says of each kernel, summed by op. Used under the launch lock; costs an
 * event a launch, so only on request.
 */
final class Profile {
  /** System property that asks for it. */
  static final String PROPERTY = "levin.opencl.profile";

  /** Events that wait for their kernels before the queue is waited for. */
  private static final int MOST_PENDING = 4096;

  private record Pending(Class<? extends Op> op, cl_event event) {}

  private final Counters counters;
  private final List<Pending> pending = new ArrayList<>();
  private Class<? extends Op> current;

  Profile(Counters counters) {
    this.counters = counters;
  }

  static boolean isWanted() {
    return Boolean.getBoolean(PROPERTY);
  }

  /** Launches belong to {@code op} from now on. */
  void begin(Op op) {
    current = op.getClass();
  }

  /** An event for the next launch. */
  cl_event event() {
    if (pending.size() >= MOST_PENDING) {
      CL.clWaitForEvents(1, new cl_event[] {pending.getLast().event()});
      collect();
    }
    cl_event event = new cl_event();
    pending.add(new Pending(current, event));
    Handles.opened();
    return event;
  }

  /** Takes back the event of a launch that failed. */
  void forget() {
    pending.removeLast();
    Handles.released();
  }

  /** Adds up all launches; they have run. */
  void collect() {
    long[] start = new long[1];
    long[] end = new long[1];
    for (Pending launch : pending) {
      read(launch.event(), CL.CL_PROFILING_COMMAND_START, start);
      read(launch.event(), CL.CL_PROFILING_COMMAND_END, end);
      counters.addDeviceNanos(launch.op(), end[0] - start[0]);
    }
    release();
  }

  private static void read(cl_event event, int field, long[] value) {
    CL.clGetEventProfilingInfo(event, field, Sizeof.cl_ulong, Pointer.to(value), null);
  }

  /** Drops what has not been added up. */
  void release() {
    for (Pending launch : pending) {
      CL.clReleaseEvent(launch.event());
      Handles.released();
    }
    pending.clear();
  }
}
