package dev.levin.formats.safetensors;

import dev.levin.core.HostBuffer;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.formats.io.Mapping;
import dev.levin.formats.io.Quote;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One safetensors file: a 64-bit header length, a JSON header, and tensor data without holes or
 * overlaps.
 */
public final class SafetensorsFile {
  /** The limit of the format's reference implementation. */
  static final int MAX_HEADER_BYTES = 100_000_000;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private SafetensorsFile() {}

  /**
   * The tensors of a file as views of its mapping, in the order of the header.
   *
   * @throws ModelFormatException naming file, tensor and byte when anything does not fit
   */
  public static Map<String, Tensor> open(Path file, Arena arena) {
    return open(file.toString(), Mapping.readOnly(file, arena), arena);
  }

  static Map<String, Tensor> open(String origin, MemorySegment segment, Arena arena) {
    byte[] json = header(origin, segment);
    long dataStart = Long.BYTES + (long) json.length;
    List<SafetensorsEntry> entries = SafetensorsHeader.parse(origin, Long.BYTES, json);
    checkCoverage(origin, entries, dataStart, segment.byteSize());
    HostBuffer buffer = HostBuffer.wrap(segment, arena);
    Map<String, Tensor> tensors = LinkedHashMap.newLinkedHashMap(entries.size());
    for (SafetensorsEntry entry : entries) {
      Shape shape = Shape.of(entry.dims());
      long offset = dataStart + entry.begin();
      tensors.put(entry.name(), Tensor.of(entry.dtype(), shape, buffer, offset));
    }
    return tensors;
  }

  private static byte[] header(String origin, MemorySegment segment) {
    long size = segment.byteSize();
    if (size < Long.BYTES) {
      throw new ModelFormatException(
          "%s: header length at byte 0 needs 8 bytes, but the file ends at byte %d"
              .formatted(origin, size));
    }
    long length = segment.get(LENGTH, 0);
    if (Long.compareUnsigned(length, size - Long.BYTES) > 0) {
      throw new ModelFormatException(
          "%s: header length at byte 0 is %s, but %d bytes are left in the file"
              .formatted(origin, Long.toUnsignedString(length), size - Long.BYTES));
    }
    if (length > MAX_HEADER_BYTES) {
      throw new ModelFormatException(
          "%s: header length at byte 0 is %d, more than the limit of %d"
              .formatted(origin, length, MAX_HEADER_BYTES));
    }
    return segment.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
  }

  /** The format allows neither holes nor overlaps nor anything after the last tensor. */
  private static void checkCoverage(
      String origin, List<SafetensorsEntry> entries, long dataStart, long size) {
    List<SafetensorsEntry> sorted = new ArrayList<>(entries);
    sorted.sort(
        Comparator.comparingLong(SafetensorsEntry::begin).thenComparingLong(SafetensorsEntry::end));
    long available = size - dataStart;
    long covered = 0;
    for (SafetensorsEntry entry : sorted) {
      if (entry.end() > available) {
        throw error(
            origin,
            entry,
            "ends at offset %d of the data, but the file holds %d bytes of data"
                .formatted(entry.end(), available));
      }
      if (entry.begin() != covered) {
        throw error(
            origin,
            entry,
            "starts at offset %d of the data, %s %d"
                .formatted(
                    entry.begin(),
                    entry.begin() < covered
                        ? "inside another tensor that ends at"
                        : "which leaves a hole after",
                    covered));
      }
      covered = entry.end();
    }
    if (covered != available) {
      throw new ModelFormatException(
          "%s: %d bytes after the last tensor, at byte %d, belong to none"
              .formatted(origin, available - covered, dataStart + covered));
    }
  }

  private static ModelFormatException error(String origin, SafetensorsEntry entry, String problem) {
    return new ModelFormatException(
        "%s: tensor %s at byte %d %s"
            .formatted(origin, Quote.of(entry.name()), entry.at(), problem));
  }
}
