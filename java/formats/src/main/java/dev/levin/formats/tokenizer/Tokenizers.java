package dev.levin.formats.tokenizer;

import dev.levin.core.model.Metadata;
import java.nio.file.Path;

/** Opens tokenizers. */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * The tokenizer that a GGUF file carries: {@code tokenizer.ggml.model} of {@code gpt2}
   * (byte-level BPE), {@code llama} (SentencePiece) or {@code bert} (WordPiece).
   *
   * @param metadata the file's key/value pairs; arrays as {@link java.util.List}
   * @throws dev.levin.core.ModelFormatException when it is absent, damaged or of a kind that is not
   *     supported
   */
  public static Tokenizer fromGguf(Metadata metadata) {
    return GgufTokenizer.load(metadata);
  }

  /**
   * The tokenizer of a Hugging Face folder: {@code tokenizer.json} and, where they are there,
   * {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code
   * generation_config.json}.
   *
   * @throws dev.levin.core.ModelFormatException when it is absent, damaged or of a kind that is not
   *     supported
   */
  public static Tokenizer fromHuggingFace(Path folder) {
    return HuggingFaceTokenizer.load(folder);
  }
}
