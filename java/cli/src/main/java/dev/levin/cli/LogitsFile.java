package dev.levin.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Rows of float32, little-endian, one after another. What the file held before is kept until the
 * first row comes; a file that got rows and is not finished is removed.
 */
final class LogitsFile implements Closeable {
  private final Path path;
  private final FileChannel channel;
  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private boolean started;
  private boolean disposable;

  LogitsFile(Path path) throws IOException {
    this.path = path;
    this.disposable = Files.notExists(path);
    this.channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  void write(float[] row) {
    int bytes = row.length * Float.BYTES;
    if (buffer.capacity() != bytes) {
      buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    buffer.clear();
    buffer.asFloatBuffer().put(row);
    try {
      if (!started) {
        started = true;
        disposable = true;
        channel.truncate(0);
      }
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(new IOException(path + ": " + e.getMessage(), e));
    }
  }

  void finish() {
    disposable = false;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (disposable && Files.isRegularFile(path)) {
      Files.delete(path);
    }
  }
}
