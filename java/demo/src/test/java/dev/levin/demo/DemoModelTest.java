package dev.levin.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.levin.core.model.Naming;
import dev.levin.formats.ModelSource;
import org.junit.jupiter.api.Test;

class DemoModelTest {
  @Test
  void opensTheEmbeddedModel() {
    try (ModelSource source = DemoModel.open()) {
      assertEquals(Naming.GGUF, source.naming());
      assertEquals("llama", source.metadata().requireString("general.architecture"));
      assertTrue(source.weights().names().size() > 4 * 9, "tensors: " + source.weights().names());
      assertTrue(source.chatTemplate().orElseThrow().contains("<|im_start|>"));
    }
  }

  @Test
  void opensMoreThanOnce() {
    try (ModelSource first = DemoModel.open();
        ModelSource second = DemoModel.open()) {
      assertEquals(first.weights().names(), second.weights().names());
    }
  }

  @Test
  void shipsItsCard() {
    assertNotNull(DemoModel.class.getResource("MODEL_CARD.md"));
  }
}
