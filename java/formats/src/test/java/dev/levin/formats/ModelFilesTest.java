package dev.levin.formats;

import static dev.levin.formats.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.core.model.Naming;
import dev.levin.formats.gguf.GgufWriter;
import dev.levin.formats.safetensors.SafetensorsBytes;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {
  @TempDir Path folder;

  private Path gguf(String name) throws IOException {
    Path file = folder.resolve(name);
    new GgufWriter().putString("general.name", name).write(file);
    return file;
  }

  @Test
  void noSuchFile() {
    assertRefused(
        () -> ModelFiles.open(folder.resolve("nothing.gguf")),
        "nothing.gguf: no such file or folder; expected a GGUF file");
  }

  @Test
  void emptyFile() throws IOException {
    Path file = Files.createFile(folder.resolve("empty.gguf"));
    assertRefused(() -> ModelFiles.open(file), "empty.gguf: the file is empty; expected");
  }

  @Test
  void emptyFolder() {
    assertRefused(
        () -> ModelFiles.open(folder), folder + ": the folder holds no model; expected a GGUF");
  }

  @Test
  void someOtherFile() throws IOException {
    Path file = Files.writeString(folder.resolve("notes.gguf"), "Dear diary");
    assertRefused(() -> ModelFiles.open(file), "notes.gguf: magic at byte 0 is 'Dear'; expected");
    Files.writeString(file, "G");
    assertRefused(() -> ModelFiles.open(file), "magic at byte 0 is 'G'");
  }

  @Test
  void device() {
    Path device = Path.of("/dev/null");
    assumeTrue(Files.exists(device), "no /dev/null on this system");
    assertRefused(() -> ModelFiles.open(device), "/dev/null: neither a file nor a folder");
  }

  @Test
  void ggufByContent() throws IOException {
    try (ModelSource model = ModelFiles.open(gguf("some.bin"))) {
      assertEquals(Naming.GGUF, model.naming());
    }
  }

  @Test
  void folderWithOneGguf() throws IOException {
    gguf("only.gguf");
    try (ModelSource model = ModelFiles.open(folder)) {
      assertEquals("only.gguf", model.name());
    }
  }

  @Test
  void folderWithSeveralGguf() throws IOException {
    gguf("b.gguf");
    gguf("a.gguf");
    assertRefused(() -> ModelFiles.open(folder), "several GGUF models; name one of a.gguf, b.gguf");
  }

  @Test
  void folderWithHalfAModel() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{}");
    assertRefused(() -> ModelFiles.open(folder), "a config.json but no safetensors");
    Files.delete(folder.resolve("config.json"));
    SafetensorsBytes.write(folder.resolve("model.safetensors"), "a");
    assertRefused(() -> ModelFiles.open(folder), "safetensors but no config.json");
  }

  @Test
  void safetensorsNeedTheirConfig() throws IOException {
    Path file = folder.resolve("weights.safetensors");
    SafetensorsBytes.write(file, "a", "b");
    assertRefused(() -> ModelFiles.open(file), "weights.safetensors: no config.json beside");
    Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"llama\"}");
    try (ModelSource model = ModelFiles.open(file)) {
      assertEquals(Naming.HUGGING_FACE, model.naming());
      assertEquals(file.toString(), model.origin());
      assertEquals(List.of("a", "b"), List.copyOf(model.weights().names()));
    }
    try (ModelSource model = ModelFiles.open(folder)) {
      assertEquals(List.of("a", "b"), List.copyOf(model.weights().names()));
    }
  }

  @Test
  void severalSafetensorsWithoutIndex() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{}");
    SafetensorsBytes.write(folder.resolve("x.safetensors"), "a");
    SafetensorsBytes.write(folder.resolve("y.safetensors"), "b");
    assertRefused(
        () -> ModelFiles.open(folder), "several safetensors files (x.safetensors, y.safetensors)");
  }

  @Test
  void memoryIsReleasedWithTheModel() throws IOException {
    byte[] bytes = Files.readAllBytes(gguf("a.gguf"));
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(bytes.length);
    segment.copyFrom(MemorySegment.ofArray(bytes));
    ModelFiles.openGguf("embedded", segment, arena).close();
    assertFalse(arena.scope().isAlive());
  }

  @Test
  void memoryIsReleasedWhenOpeningFails() {
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(100);
    assertRefused(() -> ModelFiles.openGguf("embedded", segment, arena), "embedded: magic");
    assertFalse(arena.scope().isAlive());
  }
}
