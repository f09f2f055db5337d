package dev.levin.formats.quantize;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.quant.BlockCodec;
import dev.levin.core.quant.Codecs;
import dev.levin.formats.gguf.GgufWriter;
import dev.levin.formats.io.Quote;
import java.lang.foreign.MemorySegment;

/** Produces the bytes of one tensor in its new encoding, by all workers at once. */
final class TensorEncoder implements GgufWriter.TensorData {
  /** Values that are decoded and encoded at a time: of a row, so that importance lines up. */
  private static final int PIECE_VALUES = 1 << 14;

  private final String origin;
  private final TensorPlan plan;
  private final BlockCodec decoder;
  private final BlockCodec encoder;
  private final MemorySegment source;
  private final long sourceOffset;
  private final long columns;
  private final long rowsPerExpert;
  private final float[] importance;
  private final Workers workers;

  /**
   * @param tensor contiguous
   * @param importance null, or one value per column, or one per expert and column
   */
  TensorEncoder(
      String origin, TensorPlan plan, Tensor tensor, float[] importance, Workers workers) {
    this.origin = origin;
    this.plan = plan;
    this.decoder = Codecs.of(plan.from());
    this.encoder = Codecs.of(plan.to());
    this.source = HostBuffer.segmentOf(tensor);
    this.sourceOffset = tensor.offset();
    this.columns = tensor.shape().last();
    this.rowsPerExpert =
        importance != null && importance.length > columns ? tensor.dim(1) : Long.MAX_VALUE;
    this.importance = importance;
    this.workers = workers;
  }

  /** The bytes of a tensor as they are. */
  static GgufWriter.TensorData copy(Tensor tensor) {
    MemorySegment source = HostBuffer.segmentOf(tensor);
    return (offset, chunk) ->
        MemorySegment.copy(source, tensor.offset() + offset, chunk, 0, chunk.byteSize());
  }

  @Override
  public void fill(long offset, MemorySegment chunk) {
    DType to = plan.to();
    long first = offset / to.blockBytes();
    long blocks = chunk.byteSize() / to.blockBytes();
    int parts = (int) Math.min(workers.count(), blocks);
    workers.run(
        parts,
        part ->
            encodeBlocks(
                first, first + blocks * part / parts, first + blocks * (part + 1) / parts, chunk));
  }

  /**
   * Encodes the blocks from {@code from} to {@code to} of the tensor.
   *
   * @param chunkStart the block that {@code chunk} starts with
   */
  private void encodeBlocks(long chunkStart, long from, long to, MemorySegment chunk) {
    int block = plan.to().blockValues();
    float[] values = new float[PIECE_VALUES + 2 * plan.from().blockValues()];
    long end = to * block;
    long at = from * block;
    while (at < end) {
      long column = at % columns;
      int count = (int) Math.min(PIECE_VALUES, Math.min(columns - column, end - at));
      int start = decode(at, count, values);
      long target = (at / block - chunkStart) * plan.to().blockBytes();
      encode(values, start, at / columns, column, count, chunk, target);
      at += count;
    }
  }

  private void encode(
      float[] values,
      int start,
      long row,
      long column,
      int count,
      MemorySegment chunk,
      long target) {
    if (importance == null) {
      encoder.encode(values, start, chunk, target, count);
      return;
    }
    int importanceStart = (int) (row / rowsPerExpert * columns + column);
    encoder.encode(values, start, importance, importanceStart, chunk, target, count);
  }

  /**
   * Decodes the blocks that hold {@code count} values from {@code at} on.
   *
   * @return where in {@code values} the first of them is
   */
  private int decode(long at, int count, float[] values) {
    DType from = plan.from();
    int block = from.blockValues();
    int skipped = (int) (at % block);
    int whole = (skipped + count + block - 1) / block * block;
    long firstByte = (at - skipped) / block * from.blockBytes();
    decoder.decode(source, sourceOffset + firstByte, values, 0, whole);
    for (int i = skipped; i < skipped + count; i++) {
      if (!Float.isFinite(values[i])) {
        long index = at + i - skipped;
        throw new ModelFormatException(
            "%s: tensor %s holds %s in row %d, column %d; weights must be finite"
                .formatted(
                    origin, Quote.of(plan.name()), values[i], index / columns, index % columns));
      }
    }
    return skipped;
  }
}
