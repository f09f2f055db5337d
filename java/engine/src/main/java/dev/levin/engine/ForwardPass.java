package dev.levin.engine;

import dev.levin.engine.kvcache.CacheCopier;
import dev.levin.models.Batch;
import java.lang.foreign.MemorySegment;

/** What the engine asks of a model; all a test has to script. */
interface ForwardPass extends CacheCopier, AutoCloseable {
  /** Logits [R, V] F32 of the rows asked for, valid until the next call. R may be 0. */
  MemorySegment logits(Batch batch);

  /** Whether {@link #choose} works. */
  boolean canChoose();

  /**
   * Chooses a token for each row asked for, as {@link Batch#sampleLast} says.
   *
   * @return [R] I32, valid until the next call; -1 where logits are no numbers or all are banned
   */
  MemorySegment choose(Batch batch);

  /** Logits [V] F32 of a row of the last {@link #choose}, valid until the next call. */
  MemorySegment chosenLogits(int row);

  /** Final-norm hidden states [R, C] F32 of the rows asked for, valid until the next call. */
  MemorySegment hidden(Batch batch);

  @Override
  void close();
}
