package dev.levin.cuda;

import dev.levin.core.backend.Counters;
import dev.levin.core.backend.Program;
import dev.levin.core.backend.Stream;
import dev.levin.core.op.Op;
import dev.levin.cuda.binding.Levin;
import dev.levin.cuda.binding.Status;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.List;

/**
 * Ops planned once and run many times. A decode step, in which every sequence has one token, is
 * captured as a graph when it is met for the second time and replayed from then on: its launches
 * depend on the layout alone. Other steps differ in their lengths and are launched op by op.
 */
final class CudaProgram implements Program {
  private static final long NO_GRAPH = 0;

  private final CudaBackend backend;
  private final List<PreparedOp> ops;
  private final Collection<CudaBuffer> buffers;
  private final boolean hasBatch;
  private long graph = NO_GRAPH;
  private int graphGeneration;
  private boolean seenDecode;
  private boolean closed;

  CudaProgram(CudaBackend backend, DeviceMemory memory, List<Op> ops) {
    this.backend = backend;
    // Reclaimed with the program: arguments are read during launches alone.
    Planner planner = new Planner(memory, Arena.ofAuto());
    this.ops = ops.stream().map(planner::plan).toList();
    this.buffers = planner.buffers();
    this.hasBatch = this.ops.stream().anyMatch(PreparedOp::hasBatch);
  }

  @Override
  public void run(Stream on) {
    backend.run(this, on);
  }

  /** Queues the ops; the backend's lock is held. */
  void enqueue(long stream, Workspace workspace, boolean graphs, Counters counters) {
    if (closed) {
      throw new IllegalStateException("the program is closed");
    }
    buffers.forEach(CudaBuffer::requireOpen);
    if (graphs && hasBatch && ops.stream().allMatch(PreparedOp::isDecode)) {
      replay(stream, workspace);
    } else {
      ops.forEach(PreparedOp::boundForThisStep);
      launch(stream, workspace);
    }
    for (PreparedOp op : ops) {
      counters.add(op.op());
    }
  }

  /** The first time launches what later times replay, so that all kernels are loaded by then. */
  private void replay(long stream, Workspace workspace) {
    if (!seenDecode || graph == NO_GRAPH || graphGeneration != workspace.generation()) {
      ops.forEach(PreparedOp::boundForDecode);
      if (!seenDecode) {
        launch(stream, workspace);
        seenDecode = true;
        return;
      }
      capture(stream, workspace);
    }
    Status.check(Levin.levin_graph_launch(graph, stream), "replaying a graph");
  }

  private void launch(long stream, Workspace workspace) {
    reserve(workspace);
    for (PreparedOp op : ops) {
      op.use(workspace);
      op.launch(stream);
      backend.afterLaunch(op.op());
    }
  }

  private void reserve(Workspace workspace) {
    long bytes = 0;
    for (PreparedOp op : ops) {
      bytes = Math.max(bytes, op.workspaceBytes());
    }
    workspace.ensure(bytes);
  }

  private void capture(long stream, Workspace workspace) {
    reserve(workspace);
    Status.check(Levin.levin_capture_begin(stream), "capturing a graph");
    boolean recorded = false;
    try {
      for (PreparedOp op : ops) {
        op.use(workspace);
        op.launch(stream);
      }
      recorded = true;
    } finally {
      if (!recorded) {
        abandonCapture(stream);
      }
    }
    if (graph == NO_GRAPH) {
      long[] handle = new long[1];
      Status.check(Levin.levin_capture_end(stream, handle), "capturing a graph");
      graph = handle[0];
    } else {
      Status.check(Levin.levin_capture_update(stream, graph), "updating a graph");
    }
    graphGeneration = workspace.generation();
  }

  /** The stream must leave the capture; why it is abandoned is being thrown already. */
  private static void abandonCapture(long stream) {
    long[] handle = new long[1];
    if (Levin.levin_capture_end(stream, handle) == Levin.LEVIN_OK) {
      Levin.levin_graph_destroy(handle[0]);
    }
  }

  /** Whether later runs replay a graph. */
  boolean isCaptured() {
    return graph != NO_GRAPH;
  }

  @Override
  public void close() {
    backend.release(this);
  }

  /** The backend's lock is held, and the device is idle or keeps what it runs. */
  void destroy() {
    closed = true;
    Levin.levin_graph_destroy(graph);
    graph = NO_GRAPH;
  }
}
