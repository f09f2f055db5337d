package dev.levin.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.cuda.binding.Levin;
import dev.levin.testkit.Golden;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** {@code levin.h} never changes under one version. */
class AbiTest {
  private static final String RECORD = "java/backend-cuda/src/test/resources/levin-abi.txt";

  /** Of declarations alone: comments, white space and the version itself do not count. */
  private static String digest(String header) throws Exception {
    String declarations =
        header
            .replaceAll("(?s)/\\*.*?\\*/", "")
            .replaceAll("#define LEVIN_ABI_VERSION \\d+", "")
            .replaceAll("\\s+", " ");
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(declarations.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, 8);
  }

  @Test
  void changesOfTheInterfaceRaiseItsVersion() throws Exception {
    Path header = Golden.repository().resolve("native/include/levin/levin.h");
    String now = Levin.LEVIN_ABI_VERSION + " " + digest(Files.readString(header));
    assertEquals(
        now,
        Files.readString(Golden.repository().resolve(RECORD)).strip(),
        "levin.h declares something else than when its version was recorded: raise"
            + " LEVIN_ABI_VERSION, ABI_VERSION in bench/gpu/harness/abi.py, and put the new version"
            + " and the digest above into "
            + RECORD);
  }
}
