package dev.levin;

import dev.levin.testkit.Golden;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every golden model, from Hugging Face folders and GGUF files, against the logits transformers
 * computed in float32: whole prompt, chunks of 7, one token at a time.
 */
class GoldenLogitsTest {
  @TestFactory
  Stream<DynamicTest> huggingFaceFolders() {
    return Golden.list("models").stream()
        .map(
            folder ->
                DynamicTest.dynamicTest(
                    folder.getFileName().toString(), () -> LogitsRun.assertGolden(folder, folder)));
  }

  @TestFactory
  Stream<DynamicTest> ggufFiles() {
    return Golden.list("gguf").stream()
        .map(
            file -> {
              String name = file.getFileName().toString();
              String model = name.substring(0, name.lastIndexOf('.'));
              return DynamicTest.dynamicTest(
                  name, () -> LogitsRun.assertGolden(file, Golden.path("models/" + model)));
            });
  }
}
