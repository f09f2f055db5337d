package dev.levin.core.quant;

import java.lang.foreign.MemorySegment;

/** Encodes block after block of a format whose scales are searched for. For one thread. */
abstract class BlockEncoder {
  final NormalizedBlock block;

  BlockEncoder(int blockValues) {
    this(blockValues, NormalizedBlock.EVEN);
  }

  /** Weighs values by magnitude, see {@link NormalizedBlock}. */
  BlockEncoder(int blockValues, float evenness) {
    this.block = new NormalizedBlock(blockValues, evenness);
  }

  /** Encodes what {@link #block} holds to the block at byte {@code at}. */
  abstract void encode(MemorySegment target, long at);
}
