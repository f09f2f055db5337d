package dev.levin.formats;

import dev.levin.core.model.Metadata;
import dev.levin.core.model.Naming;
import dev.levin.core.model.WeightSource;
import dev.levin.formats.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.Set;

/**
 * An opened model: configuration, tensors, tokenizer and chat template, whatever files they came
 * from. Tensors stay mapped until {@link #close()}.
 */
public interface ModelSource extends AutoCloseable {
  /** The file or folder. */
  String origin();

  /** A name for people: the model's own, or the file's. */
  String name();

  Naming naming();

  Metadata metadata();

  WeightSource weights();

  /**
   * The tokenizer.
   *
   * @throws dev.levin.core.ModelFormatException when the model carries none or a damaged one
   */
  Tokenizer tokenizer();

  /** False for models that come without a vocabulary; {@link #tokenizer()} then throws. */
  boolean hasTokenizer();

  /** The Jinja source of the default chat template. */
  Optional<String> chatTemplate();

  /** Token ids that end a generation: the tokenizer's and those of generation_config.json. */
  Set<Integer> endTokens();

  @Override
  void close();
}
