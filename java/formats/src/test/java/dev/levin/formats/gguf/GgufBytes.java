package dev.levin.formats.gguf;

import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Spells GGUF files byte by byte, wrong ones too. */
final class GgufBytes {
  static final String NAME = "test.gguf";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A version 3 header that announces this many tensors and keys. */
  static GgufBytes header(long tensors, long keys) {
    return new GgufBytes().ascii("GGUF").int32(3).int64(tensors).int64(keys);
  }

  GgufBytes ascii(String text) {
    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  GgufBytes int32(int value) {
    return little(Integer.BYTES, value);
  }

  GgufBytes int64(long value) {
    return little(Long.BYTES, value);
  }

  GgufBytes int8(int value) {
    out.write(value);
    return this;
  }

  private GgufBytes little(int bytes, long value) {
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.write(buffer.putLong(value).array(), 0, bytes);
    return this;
  }

  GgufBytes string(String text) {
    return int64(text.length()).ascii(text);
  }

  /** A key and the type of the value that follows. */
  GgufBytes key(String name, GgufType type) {
    return string(name).int32(type.id());
  }

  /** A tensor entry; {@code dims} in file order, the contiguous one first. */
  GgufBytes tensor(String name, int type, long offset, long... dims) {
    string(name).int32(dims.length);
    for (long dim : dims) {
      int64(dim);
    }
    return int32(type).int64(offset);
  }

  /** Pads to the default alignment and adds this many bytes of tensor data. */
  GgufBytes data(int bytes) {
    return data(new byte[bytes]);
  }

  GgufBytes data(byte[] bytes) {
    out.writeBytes(new byte[-out.size() & 31]);
    out.writeBytes(bytes);
    return this;
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }

  ModelSource open() {
    return open(toByteArray());
  }

  static ModelSource open(byte[] bytes) {
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(bytes.length, 32);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
    return ModelFiles.openGguf(NAME, segment, arena);
  }
}
