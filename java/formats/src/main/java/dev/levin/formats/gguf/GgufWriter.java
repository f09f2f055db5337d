package dev.levin.formats.gguf;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.formats.io.Sizes;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes GGUF files. Metadata and tensors are declared first; {@link #write} then streams the file,
 * so that it may be larger than memory. Misuse (duplicate names, shapes that do not fit the type)
 * is an {@link IllegalArgumentException}.
 */
public final class GgufWriter {
  /** Produces the bytes of a tensor. */
  @FunctionalInterface
  public interface TensorData {
    /**
     * Fills {@code chunk}, off-heap memory that any thread may write to until this returns, with
     * the tensor's bytes from {@code offset} on. Called with rising offsets; every chunk holds
     * whole blocks.
     */
    void fill(long offset, MemorySegment chunk);
  }

  /** A tensor and the bytes that its type has behind the values. */
  private record Entry(DType dtype, Shape shape, TensorData data, byte[] tail) {
    long byteSize() {
      return dtype.bytes(shape) + tail.length;
    }
  }

  private record TypedValue(GgufType type, Object value) {}

  private static final int DEFAULT_VERSION = 3;
  private static final int CHUNK_BYTES = 1 << 20;

  private final Map<String, TypedValue> metadata = new LinkedHashMap<>();
  private final Map<String, Entry> tensors = new LinkedHashMap<>();
  private int version = DEFAULT_VERSION;
  private int alignment = GgufHeader.DEFAULT_ALIGNMENT;

  /** Writes version 2 or, as is the default, 3; they differ in nothing but the number. */
  public GgufWriter version(int version) {
    if (version != 2 && version != DEFAULT_VERSION) {
      throw new IllegalArgumentException("GGUF version " + version + " cannot be written");
    }
    this.version = version;
    return this;
  }

  /** Aligns tensor data to this power of two and records it in the metadata. */
  public GgufWriter alignment(int bytes) {
    if (bytes <= 0 || Integer.bitCount(bytes) != 1) {
      throw new IllegalArgumentException("alignment " + bytes + " is not a power of two");
    }
    alignment = bytes;
    return put(GgufHeader.ALIGNMENT_KEY, GgufType.UINT32, bytes);
  }

  /**
   * Adds a value: a Number, Boolean or String, or for {@link GgufType#ARRAY} a {@link GgufArray}.
   */
  public GgufWriter put(String key, GgufType type, Object value) {
    GgufEncoder.check(key, type, value);
    if (metadata.putIfAbsent(key, new TypedValue(type, value)) != null) {
      throw new IllegalArgumentException("metadata key '" + key + "' was put twice");
    }
    return this;
  }

  public GgufWriter putString(String key, String value) {
    return put(key, GgufType.STRING, value);
  }

  public GgufWriter putUint32(String key, long value) {
    return put(key, GgufType.UINT32, value);
  }

  public GgufWriter putFloat32(String key, float value) {
    return put(key, GgufType.FLOAT32, value);
  }

  public GgufWriter putBool(String key, boolean value) {
    return put(key, GgufType.BOOL, value);
  }

  public GgufWriter putArray(String key, GgufType elementType, List<?> values) {
    return put(key, GgufType.ARRAY, new GgufArray(elementType, values));
  }

  /** Adds a tensor whose bytes lie in memory until {@link #write} has run. */
  public GgufWriter tensor(String name, DType dtype, Shape shape, MemorySegment bytes) {
    return tensor(name, dtype, shape, dataOf(name, dtype, shape, bytes));
  }

  private static TensorData dataOf(String name, DType dtype, Shape shape, MemorySegment bytes) {
    if (bytes.byteSize() != dtype.bytes(shape)) {
      throw new IllegalArgumentException(
          "tensor '%s' %s%s takes %d bytes, not %d"
              .formatted(name, dtype, shape, dtype.bytes(shape), bytes.byteSize()));
    }
    return (offset, chunk) -> MemorySegment.copy(bytes, offset, chunk, 0, chunk.byteSize());
  }

  /**
   * Adds an I2_S matrix and its scale.
   *
   * @param digits its blocks, in memory until {@link #write} has run
   */
  public GgufWriter ternary(String name, Shape shape, MemorySegment digits, float scale) {
    byte[] tail = new byte[GgufTensorInfo.SCALE_BYTES];
    ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).putFloat(scale);
    return add(name, new Entry(DType.I2_S, shape, dataOf(name, DType.I2_S, shape, digits), tail));
  }

  /** Adds a tensor whose bytes are produced while writing. */
  public GgufWriter tensor(String name, DType dtype, Shape shape, TensorData data) {
    if (dtype == DType.I2_S) {
      throw new IllegalArgumentException(
          "tensor '" + name + "' is I2_S, which is written with a scale: see ternary()");
    }
    return add(name, new Entry(dtype, shape, data, new byte[0]));
  }

  private GgufWriter add(String name, Entry entry) {
    DType dtype = entry.dtype();
    Shape shape = entry.shape();
    if (dtype.ggufId() == DType.NO_GGUF_ID) {
      throw new IllegalArgumentException("GGUF has no type for " + dtype);
    }
    if (shape.last() % dtype.blockValues() != 0
        || Sizes.tensorBytes(dtype, shape.toArray()) == Sizes.OVERFLOW) {
      throw new IllegalArgumentException(
          "tensor '%s' of shape %s cannot be %s".formatted(name, shape, dtype));
    }
    if (tensors.putIfAbsent(name, entry) != null) {
      throw new IllegalArgumentException("tensor '" + name + "' was added twice");
    }
    return this;
  }

  /** Bytes of all tensors, padding left out. */
  public long tensorBytes() {
    long bytes = 0;
    for (Entry entry : tensors.values()) {
      bytes += entry.byteSize();
    }
    return bytes;
  }

  /** Writes the file; an older one is replaced only when the new one is complete. */
  public void write(Path file) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        writeFully(channel, ByteBuffer.wrap(header()));
        writeTensors(channel);
      }
      Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private byte[] header() {
    GgufEncoder out = new GgufEncoder();
    out.raw(GgufHeader.MAGIC);
    out.int32(version);
    out.int64(tensors.size());
    out.int64(metadata.size());
    metadata.forEach(
        (key, value) -> {
          out.string(key);
          out.int32(value.type().id());
          out.value(value.type(), value.value());
        });
    long offset = 0;
    for (Map.Entry<String, Entry> named : tensors.entrySet()) {
      Entry entry = named.getValue();
      out.string(named.getKey());
      out.int32(entry.shape().rank());
      for (int i = entry.shape().rank() - 1; i >= 0; i--) {
        out.int64(entry.shape().dim(i));
      }
      out.int32(entry.dtype().ggufId());
      out.int64(offset);
      offset = Sizes.align(offset + entry.byteSize(), alignment);
    }
    out.pad(alignment);
    return out.toByteArray();
  }

  /** Pads after every tensor, the last one too, as other readers expect. */
  private void writeTensors(FileChannel channel) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment chunk = arena.allocate(CHUNK_BYTES, Long.BYTES);
      for (Entry entry : tensors.values()) {
        long size = entry.dtype().bytes(entry.shape());
        long step = CHUNK_BYTES - CHUNK_BYTES % entry.dtype().blockBytes();
        for (long done = 0; done < size; done += step) {
          MemorySegment part = chunk.asSlice(0, Math.min(step, size - done));
          entry.data().fill(done, part);
          writeFully(channel, part.asByteBuffer());
        }
        writeFully(channel, ByteBuffer.wrap(entry.tail()));
        int padding = (int) (Sizes.align(entry.byteSize(), alignment) - entry.byteSize());
        writeFully(channel, ByteBuffer.allocate(padding));
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
