package dev.levin.cpu;

import dev.levin.core.op.Sample;
import java.lang.foreign.MemorySegment;

/** Choice of tokens, a row a worker. Little beside a model: all kernel sets share one routine. */
final class SampleOps {
  private final WorkerPool pool;
  private final TokenSampler[] samplers;

  SampleOps(WorkerPool pool) {
    this.pool = pool;
    samplers = new TokenSampler[pool.threads()];
    for (int i = 0; i < samplers.length; i++) {
      samplers[i] = new TokenSampler();
    }
  }

  Runnable prepare(Sample op) {
    MemorySegment logits = Host.memory(op, "logits", op.logits());
    MemorySegment temperature = Host.memory(op, "temperature", op.temperature());
    MemorySegment topK = Host.memory(op, "topK", op.topK());
    MemorySegment topP = Host.memory(op, "topP", op.topP());
    MemorySegment minP = Host.memory(op, "minP", op.minP());
    MemorySegment point = Host.memory(op, "point", op.point());
    MemorySegment ids = Host.memory(op, "ids", op.ids());
    int rows = Host.size(op.logits().dim(0));
    int vocab = Host.size(op.logits().dim(1));
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          TokenSampler sampler = samplers[workspace.worker()];
          float[] row = workspace.floats(Workspace.Slot.ROW, vocab);
          for (int r = from; r < to; r++) {
            long at = 4L * r;
            Host.read(logits, op.logits().offset(r), row, 0, vocab);
            int id =
                sampler.sample(
                    row,
                    vocab,
                    temperature.get(Host.FLOAT, op.temperature().offset() + at),
                    topK.get(Host.INT, op.topK().offset() + at),
                    topP.get(Host.FLOAT, op.topP().offset() + at),
                    minP.get(Host.FLOAT, op.minP().offset() + at),
                    point.get(Host.FLOAT, op.point().offset() + at));
            ids.set(Host.INT, op.ids().offset() + at, id);
          }
        };
    return () -> pool.forEach(rows, 4L * vocab, task);
  }
}
