package dev.levin.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SynthesizeCommandTest {
  @TempDir private Path folder;

  @Test
  void refusesAFolderAsFile() {
    String line = Run.of("synthesize", "llama-1b:Q8_0", "-o", folder.toString()).refused();
    assertTrue(line.contains(folder.toString()), line);
  }

  @Test
  void replacesNothingButFiles() throws IOException {
    Path socket = folder.resolve("socket");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      String line = Run.of("synthesize", "tiny", "-o", socket.toString()).refused();
      assertTrue(line.contains(socket + ": is a device"), line);
    }
  }

  @Test
  void namesAMissingFolder() {
    Path missing = folder.resolve("missing");
    String output = missing.resolve("m.gguf").toString();
    assertEquals(
        "levin: " + missing + ": no such folder",
        Run.of("synthesize", "tiny", "-o", output).refused());
  }

  @Test
  void refusesAnUnknownType() {
    String output = folder.resolve("m.gguf").toString();
    String line = Run.of("synthesize", "llama-1b:Q17", "-o", output).refused();
    assertTrue(line.contains("Q17"), line);
    assertEquals(false, folder.resolve("m.gguf").toFile().exists());
  }
}
