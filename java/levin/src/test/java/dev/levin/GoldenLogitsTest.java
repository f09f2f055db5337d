package dev.levin;

import dev.levin.core.backend.Availability;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.testkit.Golden;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every golden model, from Hugging Face folders and GGUF files, on every backend this machine has,
 * against the logits transformers computed in float32: whole prompt, chunks of 7, one token at a
 * time.
 */
class GoldenLogitsTest {
  private static final Map<String, Backend> BACKENDS = new TreeMap<>();

  @BeforeAll
  static void openBackends() {
    for (Backends.Status status : Backends.list()) {
      if (status.availability() instanceof Availability.Ready) {
        BACKENDS.put(status.name(), Backends.open(status.name()));
      }
    }
  }

  @AfterAll
  static void closeBackends() {
    BACKENDS.values().forEach(Backend::close);
    BACKENDS.clear();
  }

  @TestFactory
  Stream<DynamicTest> huggingFaceFolders() {
    return onEveryBackend(Golden.list("models"), folder -> folder);
  }

  @TestFactory
  Stream<DynamicTest> ggufFiles() {
    return onEveryBackend(
        Golden.list("gguf"),
        file -> {
          String name = file.getFileName().toString();
          return Golden.path("models/" + name.substring(0, name.lastIndexOf('.')));
        });
  }

  private static Stream<DynamicTest> onEveryBackend(
      List<Path> models, UnaryOperator<Path> goldenOf) {
    return BACKENDS.values().stream()
        .flatMap(
            backend ->
                models.stream()
                    .map(
                        model ->
                            DynamicTest.dynamicTest(
                                backend.name() + " " + model.getFileName(),
                                () ->
                                    LogitsRun.assertGolden(
                                        backend, model, goldenOf.apply(model)))));
  }
}
