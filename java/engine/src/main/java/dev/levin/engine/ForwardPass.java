package dev.levin.engine;

import dev.levin.engine.kvcache.CacheCopier;
import dev.levin.models.Batch;
import java.lang.foreign.MemorySegment;

/** What the engine asks of a model; all a test has to script. */
interface ForwardPass extends CacheCopier, AutoCloseable {
  /** Logits [R, V] F32 of the rows asked for, valid until the next call. R may be 0. */
  MemorySegment logits(Batch batch);

  /** Final-norm hidden states [R, C] F32 of the rows asked for, valid until the next call. */
  MemorySegment hidden(Batch batch);

  @Override
  void close();
}
