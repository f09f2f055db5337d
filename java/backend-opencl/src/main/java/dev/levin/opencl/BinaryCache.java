package dev.levin.opencl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiled programs on disk, one file a key: a digest of the binary and the binary. Files appear
 * whole, by renaming, so that several processes can share a folder; a damaged one is as good as
 * none. A cache that cannot be read or written costs time and nothing else.
 */
final class BinaryCache {
  static final String PROPERTY = "levin.opencl.cache";

  private static final Logger LOG = LoggerFactory.getLogger(BinaryCache.class);
  private static final int DIGEST_BYTES = 32;

  private final Optional<Path> folder;

  BinaryCache(Optional<Path> folder) {
    this.folder = folder;
  }

  /**
   * The folder that {@link #PROPERTY} names, none for {@code off}; by default one in the home, or
   * none for drivers that keep compiled kernels themselves.
   */
  static BinaryCache configured(OpenClDevice device) {
    String value = System.getProperty(PROPERTY, "").strip();
    if (value.equals("off") || (value.isEmpty() && device.cachesKernels())) {
      return new BinaryCache(Optional.empty());
    }
    return new BinaryCache(
        Optional.of(
            value.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache", "levin", "opencl")
                : Path.of(value)));
  }

  /** A file name for everything a binary depends on. */
  static String key(String... parts) {
    MessageDigest digest = sha256();
    for (String part : parts) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      digest.update(Integer.toString(bytes.length).getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  Optional<byte[]> find(String key) {
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    Path file = file(key);
    try {
      if (!Files.isRegularFile(file)) {
        return Optional.empty();
      }
      byte[] content = Files.readAllBytes(file);
      if (content.length <= DIGEST_BYTES) {
        return Optional.empty();
      }
      byte[] binary = Arrays.copyOfRange(content, DIGEST_BYTES, content.length);
      byte[] digest = Arrays.copyOf(content, DIGEST_BYTES);
      return MessageDigest.isEqual(digest, sha256().digest(binary))
          ? Optional.of(binary)
          : Optional.empty();
    } catch (IOException e) {
      LOG.debug("cannot read {}", file, e);
      return Optional.empty();
    }
  }

  /** Whether {@link #store} would write anything: some drivers take long to make a binary. */
  boolean isOpen() {
    return folder.isPresent();
  }

  void store(String key, byte[] binary) {
    if (folder.isEmpty()) {
      return;
    }
    Path file = file(key);
    Path written = null;
    try {
      Files.createDirectories(folder.get());
      written = Files.createTempFile(folder.get(), key, ".part");
      byte[] content = Arrays.copyOf(sha256().digest(binary), DIGEST_BYTES + binary.length);
      System.arraycopy(binary, 0, content, DIGEST_BYTES, binary.length);
      Files.write(written, content);
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.debug("cannot write {}", file, e);
      discard(written);
    }
  }

  private static void discard(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.debug("cannot delete {}", file, e);
    }
  }

  private Path file(String key) {
    return folder.get().resolve(key + ".bin");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
