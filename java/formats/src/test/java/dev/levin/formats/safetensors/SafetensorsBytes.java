package dev.levin.formats.safetensors;

import dev.levin.core.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Spells safetensors files, wrong ones too. */
public final class SafetensorsBytes {
  static final String NAME = "test.safetensors";

  private SafetensorsBytes() {}

  /** A file with this header and data 0, 1, 2 and so on. */
  public static byte[] of(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return withLength(json.length, json, dataBytes);
  }

  static byte[] withLength(long length, byte[] json, int dataBytes) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(length).put(json);
    for (int i = 0; i < dataBytes; i++) {
      bytes.put((byte) i);
    }
    return bytes.array();
  }

  /** One header entry. */
  public static String entry(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  /** Opens bytes in the arena. */
  static Map<String, Tensor> open(byte[] bytes, Arena arena) {
    MemorySegment segment = arena.allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
    return SafetensorsFile.open(NAME, segment, arena);
  }

  /** Opens a file of this header and data and drops what was found. */
  static void open(String header, int dataBytes) {
    try (Arena arena = Arena.ofConfined()) {
      open(of(header, dataBytes), arena);
    }
  }

  /** Writes a file of I8 tensors with three values each. */
  public static void write(Path file, String... names) throws IOException {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < names.length; i++) {
      header.append(i == 0 ? "" : ",").append(entry(names[i], "I8", "[3]", 3L * i, 3L * i + 3));
    }
    Files.write(file, of(header.append('}').toString(), 3 * names.length));
  }
}
