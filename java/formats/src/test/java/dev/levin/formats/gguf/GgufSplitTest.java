package dev.levin.formats.gguf;

import static dev.levin.formats.Errors.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufSplitTest {
  @TempDir Path folder;

  private Path file(int part) {
    return folder.resolve("big-%05d-of-00003.gguf".formatted(part));
  }

  private static GgufWriter part(int number, int count) {
    return new GgufWriter()
        .put("split.no", GgufType.UINT16, number)
        .put("split.count", GgufType.UINT16, count)
        .put("split.tensors.count", GgufType.INT32, 4);
  }

  private static GgufWriter tensor(GgufWriter writer, String name, int value) {
    return writer.tensor(name, DType.I8, Shape.of(3), (at, chunk) -> chunk.fill((byte) value));
  }

  /** As llama.cpp's splitter leaves them: all metadata in the first part. */
  @BeforeEach
  void writeParts() throws IOException {
    tensor(part(0, 3), "a", 1).putString("general.architecture", "llama").write(file(1));
    tensor(tensor(part(1, 3), "b", 2), "c", 3).write(file(2));
    tensor(part(2, 3), "d", 4).write(file(3));
  }

  @Test
  void anyPartOpensAll() {
    for (int part = 1; part <= 3; part++) {
      try (ModelSource model = ModelFiles.open(file(part))) {
        assertAll(model);
      }
    }
    try (ModelSource model = ModelFiles.open(folder)) {
      assertAll(model);
    }
  }

  private void assertAll(ModelSource model) {
    assertEquals("llama", model.metadata().requireString("general.architecture"));
    assertEquals(file(1).toString(), model.origin());
    assertEquals("big", model.name());
    assertEquals(List.of("a", "b", "c", "d"), List.copyOf(model.weights().names()));
    int expected = 1;
    for (String name : model.weights().names()) {
      Tensor tensor = model.weights().get(name);
      byte value = HostBuffer.segmentOf(tensor).get(ValueLayout.JAVA_BYTE, tensor.offset() + 2);
      assertEquals(expected++, value);
    }
  }

  @Test
  void missingPart() throws IOException {
    Files.delete(file(2));
    assertRefused(
        () -> ModelFiles.open(file(3)), "part 2 of 3 is missing: big-00002-of-00003.gguf");
  }

  @Test
  void partOfAnotherSplit() throws IOException {
    tensor(tensor(part(1, 4), "b", 2), "c", 3).write(file(2));
    assertRefused(
        () -> ModelFiles.open(file(1)), file(2).toString(), "'split.count' is 4", "3 parts");
  }

  @Test
  void partInTheWrongPlace() throws IOException {
    Files.copy(file(3), folder.resolve("copy"));
    Files.move(file(2), file(3), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.move(folder.resolve("copy"), file(2));
    assertRefused(() -> ModelFiles.open(file(1)), file(2).toString(), "'split.no' is 2", "part 2");
  }

  @Test
  void partWithoutSplitMetadata() throws IOException {
    tensor(new GgufWriter(), "d", 4).write(file(3));
    assertRefused(() -> ModelFiles.open(file(1)), file(3).toString(), "'split.count' is 0");
  }

  @Test
  void tensorInTwoParts() throws IOException {
    tensor(part(2, 3), "a", 4).write(file(3));
    assertRefused(() -> ModelFiles.open(file(1)), file(3).toString(), "'a'", "earlier part");
  }

  @Test
  void tensorsMissingFromTheParts() throws IOException {
    tensor(part(1, 3), "b", 2).write(file(2));
    assertRefused(
        () -> ModelFiles.open(file(1)), "'split.tensors.count' is 4, but the parts hold 3");
  }

  @Test
  void renamedPart() throws IOException {
    Path renamed = folder.resolve("renamed.gguf");
    Files.move(file(1), renamed);
    assertRefused(() -> ModelFiles.open(renamed), "'split.count' is 3", "NAME-00001-of-00003.gguf");
  }

  @Test
  void damagedPart() throws IOException {
    Files.write(file(2), new byte[0]);
    assertRefused(() -> ModelFiles.open(file(1)), file(2).toString(), "empty");
  }
}
