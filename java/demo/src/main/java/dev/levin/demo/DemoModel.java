package dev.levin.demo;

import dev.levin.core.HostBuffer;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URL;
import java.net.URLConnection;

/**
 * The embedded demo model: 4 million parameters, trained from scratch on generated text. What it
 * can and cannot do is in {@code MODEL_CARD.md} beside it.
 */
public final class DemoModel {
  /** What messages call it. */
  public static final String NAME = "levin-demo";

  private static final String RESOURCE = "levin-demo-BF16.gguf";
  private static final int CHUNK_BYTES = 1 << 16;

  private DemoModel() {}

  /** Opens the model; the caller closes it. Every call reads the resource into memory anew. */
  public static ModelSource open() {
    URL resource = DemoModel.class.getResource(RESOURCE);
    if (resource == null) {
      throw new IllegalStateException(RESOURCE + " is not on the class path");
    }
    Arena arena = Arena.ofShared();
    try {
      return ModelFiles.openGguf(NAME, read(resource, arena), arena);
    } catch (RuntimeException e) {
      if (arena.scope().isAlive()) {
        arena.close();
      }
      throw e;
    }
  }

  private static MemorySegment read(URL resource, Arena arena) {
    try {
      URLConnection connection = resource.openConnection();
      connection.setUseCaches(false);
      try (InputStream in = connection.getInputStream()) {
        MemorySegment segment =
            arena.allocate(connection.getContentLengthLong(), HostBuffer.ALIGNMENT_BYTES);
        fill(segment, in);
        return segment;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(resource + " cannot be read", e);
    }
  }

  private static void fill(MemorySegment segment, InputStream in) throws IOException {
    byte[] chunk = new byte[CHUNK_BYTES];
    long filled = 0;
    while (filled < segment.byteSize()) {
      int count = in.read(chunk, 0, (int) Math.min(chunk.length, segment.byteSize() - filled));
      if (count < 0) {
        throw new EOFException("ends after " + filled + " of " + segment.byteSize() + " bytes");
      }
      MemorySegment.copy(MemorySegment.ofArray(chunk), 0, segment, filled, count);
      filled += count;
    }
  }
}
