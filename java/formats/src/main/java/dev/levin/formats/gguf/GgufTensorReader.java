package dev.levin.formats.gguf;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.formats.io.Quote;
import dev.levin.formats.io.Sizes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the tensor descriptions of a GGUF header and checks where the data lies. */
final class GgufTensorReader {
  private static final int MAX_DIMS = 4;
  private static final int MAX_NAME_BYTES = 1024;

  /** Ids that once had a meaning; their files have to be converted again. */
  private static final Map<Long, String> REMOVED_TYPES =
      Map.of(
          4L, "Q4_2",
          5L, "Q4_3",
          31L, "Q4_0_4_4",
          32L, "Q4_0_4_8",
          33L, "Q4_0_8_8",
          37L, "IQ4_NL_4_8",
          38L, "IQ4_NL_8_8");

  private final GgufCursor cursor;
  private final int alignment;

  GgufTensorReader(GgufCursor cursor, int alignment) {
    this.cursor = cursor;
    this.alignment = alignment;
  }

  /** Reads {@code count} entries at the cursor; the data section follows the last one. */
  List<GgufTensorInfo> read(int count, long fileSize) {
    List<GgufTensorInfo> entries = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < count; i++) {
      GgufTensorInfo entry = readEntry(i);
      if (!names.add(entry.name())) {
        throw error(entry, "appears twice");
      }
      entries.add(entry);
    }
    long dataStart = Sizes.align(cursor.position(), alignment);
    entries.replaceAll(entry -> placed(entry, dataStart, fileSize));
    checkOverlap(entries);
    return List.copyOf(entries);
  }

  /** An entry whose start is still relative to the data section. */
  private GgufTensorInfo readEntry(int index) {
    long at = cursor.position();
    String name = cursor.string("name of tensor " + index, MAX_NAME_BYTES);
    String tensor = "tensor " + Quote.of(name);
    long[] dims = readDims(tensor);
    long typeAt = cursor.position();
    DType dtype = dtype(cursor.uint32("type of " + tensor), tensor, typeAt);
    Shape shape = Shape.of(dims);
    if (shape.last() % dtype.blockValues() != 0) {
      throw cursor.error(
          tensor,
          at,
          "has %d values in a row, not a multiple of %d, the block size of %s"
              .formatted(shape.last(), dtype.blockValues(), dtype));
    }
    long byteSize = Sizes.tensorBytes(dtype, dims);
    if (byteSize == Sizes.OVERFLOW) {
      throw cursor.error(tensor, at, "has dimensions " + shape + ", whose product overflows");
    }
    if (dtype == DType.I2_S && !GgufScales.canHave(name, shape)) {
      throw cursor.error(
          tensor,
          at,
          "is I2_S, which only matrices of layers can be, named blk.NUMBER.NAME.weight");
    }
    long offsetAt = cursor.position();
    long offset = cursor.uint64("offset of " + tensor);
    if (offset < 0 || offset % alignment != 0) {
      throw cursor.error(
          "offset of " + tensor,
          offsetAt,
          "is %s, not a multiple of the alignment %d"
              .formatted(Long.toUnsignedString(offset), alignment));
    }
    int tailBytes = GgufTensorInfo.tailBytes(dtype);
    if (byteSize > Long.MAX_VALUE - tailBytes) {
      throw cursor.error(tensor, at, "has dimensions " + shape + ", whose size overflows");
    }
    return new GgufTensorInfo(name, dtype, shape, at, offset, byteSize + tailBytes);
  }

  /** Files write the contiguous dimension first; shapes here have it last. */
  private long[] readDims(String tensor) {
    long at = cursor.position();
    String field = "dimension count of " + tensor;
    long count = cursor.uint32(field);
    if (count > MAX_DIMS) {
      throw cursor.error(field, at, "is " + count + "; at most " + MAX_DIMS + " are allowed");
    }
    long[] dims = new long[(int) count];
    for (int i = dims.length - 1; i >= 0; i--) {
      long dimAt = cursor.position();
      dims[i] = cursor.uint64("dimensions of " + tensor);
      if (dims[i] < 0) {
        throw cursor.error(
            "dimension of " + tensor,
            dimAt,
            "is %s, which overflows".formatted(Long.toUnsignedString(dims[i])));
      }
    }
    return dims;
  }

  private DType dtype(long id, String tensor, long at) {
    DType dtype = id <= Integer.MAX_VALUE ? DType.ofGgufId((int) id) : null;
    if (dtype != null) {
      return dtype;
    }
    String removed = REMOVED_TYPES.get(id);
    throw cursor.error(
        "type of " + tensor,
        at,
        removed == null
            ? "is " + id + ", a type Levin does not know"
            : "is %d (%s), a type removed from GGUF; convert the model again"
                .formatted(id, removed));
  }

  private GgufTensorInfo placed(GgufTensorInfo entry, long dataStart, long fileSize) {
    long available = fileSize - dataStart;
    if (entry.byteSize() > available || entry.start() > available - entry.byteSize()) {
      throw error(
          entry,
          "needs %d bytes at offset %d of the data section, which starts at byte %d, but the file ends at byte %d"
              .formatted(entry.byteSize(), entry.start(), dataStart, fileSize));
    }
    return new GgufTensorInfo(
        entry.name(),
        entry.dtype(),
        entry.shape(),
        entry.at(),
        dataStart + entry.start(),
        entry.byteSize());
  }

  private void checkOverlap(List<GgufTensorInfo> entries) {
    List<GgufTensorInfo> sorted = new ArrayList<>(entries);
    sorted.removeIf(entry -> entry.byteSize() == 0);
    sorted.sort(Comparator.comparingLong(GgufTensorInfo::start));
    for (int i = 1; i < sorted.size(); i++) {
      GgufTensorInfo before = sorted.get(i - 1);
      GgufTensorInfo after = sorted.get(i);
      if (after.start() - before.start() < before.byteSize()) {
        throw error(
            after,
            "starts at byte %d, inside tensor %s"
                .formatted(after.start(), Quote.of(before.name())));
      }
    }
  }

  private RuntimeException error(GgufTensorInfo entry, String problem) {
    return cursor.error("tensor " + Quote.of(entry.name()), entry.at(), problem);
  }
}
