package dev.levin.formats.tokenizer;

import dev.levin.core.model.Metadata;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Reads the vocabulary and the roles of its tokens from GGUF metadata, checking every value. */
final class GgufVocabulary {
  static final String PREFIX = "tokenizer.ggml.";

  private static final String TOKENS = PREFIX + "tokens";
  private static final String TYPES = PREFIX + "token_type";
  private static final String SCORES = PREFIX + "scores";

  private GgufVocabulary() {}

  static Vocabulary read(Metadata metadata) {
    List<?> tokens = metadata.list(TOKENS).orElseThrow(() -> metadata.error(TOKENS, "is missing"));
    if (tokens.isEmpty()) {
      throw metadata.error(TOKENS, "is empty");
    }
    String[] pieces = new String[tokens.size()];
    Map<String, Integer> ids = Vocabulary.mapFor(pieces.length);
    int id = 0;
    for (Object token : tokens) {
      if (!(token instanceof String text)) {
        throw metadata.error(TOKENS, "has an entry " + id + " that is not a string");
      }
      // converters leave holes; each needs a text of its own
      String piece = text.isEmpty() ? "[EMPTY_" + id + "]" : text;
      Integer other = ids.put(piece, id);
      if (other != null) {
        throw metadata.error(
            TOKENS, "has '" + piece + "' twice, as entries " + other + " and " + id);
      }
      pieces[id++] = piece;
    }
    Vocabulary vocabulary = new Vocabulary(pieces, kinds(metadata, pieces.length), ids);
    EndTokens.known(vocabulary).forEach(vocabulary::markControl);
    return vocabulary;
  }

  /** One score for each token; zeros where the file has none. */
  static float[] scores(Metadata metadata, int size) {
    float[] scores = new float[size];
    List<?> numbers = sized(metadata, SCORES, size);
    int id = 0;
    for (Object number : numbers) {
      scores[id++] = number(metadata, SCORES, id, number).floatValue();
    }
    return scores;
  }

  /** The value of {@code tokenizer.ggml.<role>_token_id}, checked against the vocabulary. */
  static OptionalInt role(Metadata metadata, String role, Vocabulary vocabulary) {
    String key = PREFIX + role + "_token_id";
    if (!metadata.has(key)) {
      return OptionalInt.empty();
    }
    int id = metadata.requireInt(key);
    if (!vocabulary.contains(id)) {
      throw metadata.error(
          key, "is " + id + ", outside the vocabulary of " + vocabulary.size() + " tokens");
    }
    return OptionalInt.of(id);
  }

  /** As {@link #role}; files without the key mean {@code otherwise} if the vocabulary has it. */
  static OptionalInt role(Metadata metadata, String role, Vocabulary vocabulary, int otherwise) {
    OptionalInt id = role(metadata, role, vocabulary);
    return id.isEmpty() && vocabulary.contains(otherwise) ? OptionalInt.of(otherwise) : id;
  }

  private static TokenKind[] kinds(Metadata metadata, int size) {
    TokenKind[] kinds = new TokenKind[size];
    Arrays.fill(kinds, TokenKind.NORMAL);
    int id = 0;
    for (Object number : sized(metadata, TYPES, size)) {
      kinds[id++] = TokenKind.ofGgufNumber(number(metadata, TYPES, id, number).intValue());
    }
    return kinds;
  }

  private static List<?> sized(Metadata metadata, String key, int size) {
    List<?> values = metadata.list(key).orElse(List.of());
    if (metadata.has(key) && values.size() != size) {
      throw metadata.error(key, "has " + values.size() + " entries for " + size + " tokens");
    }
    return values;
  }

  private static Number number(Metadata metadata, String key, int entry, Object value) {
    if (value instanceof Number number) {
      return number;
    }
    throw metadata.error(key, "has an entry " + (entry - 1) + " that is not a number");
  }
}
