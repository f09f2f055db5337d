package dev.levin.formats.tokenizer;

import dev.levin.core.ModelFormatException;
import dev.levin.formats.tokenizer.HuggingFacePostProcessors.Frame;
import dev.levin.formats.tokenizer.PipelineTokenizer.Encoding;
import dev.levin.formats.tokenizer.PipelineTokenizer.Roles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Builds a tokenizer from the files of a Hugging Face folder. */
final class HuggingFaceTokenizer {
  private final JsonField tokenizer;
  private final JsonField config;
  private final JsonField specialTokensMap;
  private final JsonField generationConfig;
  private final HuggingFaceVocabulary tokens;
  private final Vocabulary vocabulary;

  private HuggingFaceTokenizer(Path folder) {
    tokenizer = JsonField.read(folder.resolve("tokenizer.json"));
    if (!tokenizer.isPresent()) {
      throw new ModelFormatException(folder + ": has no tokenizer.json");
    }
    config = JsonField.read(folder.resolve("tokenizer_config.json"));
    specialTokensMap = JsonField.read(folder.resolve("special_tokens_map.json"));
    generationConfig = JsonField.read(folder.resolve("generation_config.json"));
    tokens = HuggingFaceVocabulary.read(tokenizer, config);
    vocabulary = tokens.vocabulary();
  }

  static Tokenizer load(Path folder) {
    return new HuggingFaceTokenizer(folder).build();
  }

  private Tokenizer build() {
    TextNormalizer normalizer = HuggingFaceNormalizers.read(tokenizer.get("normalizer"));
    Encoding encoding =
        new Encoding(
            new AddedTokens(tokens.raw()),
            normalizer,
            normalizedTokens(normalizer),
            HuggingFacePreTokenizers.read(tokenizer.get("pre_tokenizer")),
            HuggingFaceModels.read(tokenizer.get("model"), vocabulary));
    return new PipelineTokenizer(
        vocabulary, encoding, HuggingFaceDecoders.read(tokenizer.get("decoder")), roles());
  }

  /** What is looked for in normalized text is normalized itself. */
  private AddedTokens normalizedTokens(TextNormalizer normalizer) {
    List<AddedToken> result = new ArrayList<>();
    for (AddedToken token : tokens.normalized()) {
      result.add(token.withText(normalizer.apply(token.text())));
    }
    return new AddedTokens(result);
  }

  private Roles roles() {
    OptionalInt bos = role("bos_token");
    OptionalInt eos = role("eos_token");
    Frame frame = HuggingFacePostProcessors.read(tokenizer.get("post_processor"), vocabulary);
    int[] prefix = frame.prefix();
    int[] suffix = frame.suffix();
    if (prefix.length == 0) {
      prefix = added("add_bos_token", bos);
    }
    if (suffix.length == 0) {
      suffix = added("add_eos_token", eos);
    }
    List<Integer> ends = new ArrayList<>();
    eos.ifPresent(ends::add);
    addGenerationEnds(ends);
    return new Roles(prefix, suffix, bos, eos, EndTokens.of(vocabulary, ends));
  }

  private int[] added(String key, OptionalInt id) {
    return config.get(key).bool(false) && id.isPresent() ? new int[] {id.getAsInt()} : new int[0];
  }

  /** The token a file names, as a string or as an object with {@code content}. */
  private OptionalInt role(String name) {
    JsonField field = config.get(name);
    if (!field.isPresent()) {
      field = specialTokensMap.get(name);
    }
    if (!field.isPresent()) {
      return OptionalInt.empty();
    }
    String text = field.node().isObject() ? field.get("content").string() : field.string();
    if (vocabulary.id(text) == Vocabulary.ABSENT) {
      throw field.error("is '" + text + "', which the vocabulary lacks");
    }
    return vocabulary.find(text);
  }

  private void addGenerationEnds(List<Integer> ends) {
    JsonField field = generationConfig.get("eos_token_id");
    if (field.node().isArray()) {
      field.elements().forEach(element -> ends.add(element.integer()));
    } else if (field.isPresent()) {
      ends.add(field.integer());
    }
  }
}
