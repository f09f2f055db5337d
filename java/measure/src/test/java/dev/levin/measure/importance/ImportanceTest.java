package dev.levin.measure.importance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.LevinException;
import dev.levin.core.backend.Backend;
import dev.levin.core.backend.Backends;
import dev.levin.demo.DemoModel;
import dev.levin.formats.ModelFiles;
import dev.levin.formats.ModelSource;
import dev.levin.testkit.Golden;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImportanceTest {
  @Test
  void weighsEveryMatrixOfEveryLayer() {
    try (ModelSource source = DemoModel.open();
        Backend backend = Backends.open("cpu")) {
      int[] tokens = source.tokenizer().encode("Anna loved to play at the farm.", true, false);
      Map<String, float[]> means = Importance.of(source, backend, tokens, 4, done -> {});
      // Seven matrices in each of four layers, and the output.
      assertEquals(29, means.size(), means.keySet().toString());
      means.forEach(
          (name, values) -> {
            assertEquals(source.weights().get(name).shape().last(), values.length, name);
            for (float value : values) {
              assertTrue(value >= 0 && Float.isFinite(value), name);
            }
          });
      assertArrayEquals(means.get("blk.1.attn_q.weight"), means.get("blk.1.attn_k.weight"));
      assertThrows(
          LevinException.class, () -> Importance.of(source, backend, new int[0], 4, done -> {}));
    }
  }

  @Test
  void weighsExpertsOneByOne() {
    try (ModelSource source = ModelFiles.open(Golden.path("gguf/mixtral.gguf"));
        Backend backend = Backends.open("cpu")) {
      Map<String, float[]> means =
          Importance.of(source, backend, new int[] {1, 2, 3, 4, 5}, 8, done -> {});
      var down = source.weights().get("blk.0.ffn_down_exps.weight");
      assertEquals(
          down.dim(0) * down.shape().last(), means.get("blk.0.ffn_down_exps.weight").length);
    }
  }
}
