package dev.levin.formats.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.levin.core.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a folder's vocabulary: the model's own pieces and the added tokens.
 *
 * @param raw added tokens that are looked for in the text as it comes
 * @param normalized added tokens that are looked for after normalization
 */
record HuggingFaceVocabulary(
    Vocabulary vocabulary, List<AddedToken> raw, List<AddedToken> normalized) {
  /** How far above the number of entries an id may lie. */
  private static final int SPARE_IDS = 1 << 16;

  /**
   * @param tokenizer tokenizer.json
   * @param config tokenizer_config.json, whose added tokens count where tokenizer.json lacks them
   */
  static HuggingFaceVocabulary read(JsonField tokenizer, JsonField config) {
    Map<String, Integer> ids = modelPieces(tokenizer.get("model"));
    List<AddedToken> raw = new ArrayList<>();
    List<AddedToken> normalized = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    for (JsonField token : tokenizer.get("added_tokens").elements()) {
      add(token, token.get("id").integer(), seen, ids, raw, normalized);
    }
    JsonField decoder = config.get("added_tokens_decoder");
    for (Map.Entry<String, JsonNode> entry : decoder.members()) {
      JsonField token = decoder.get(entry.getKey());
      add(token, parseId(token, entry.getKey()), seen, ids, raw, normalized);
    }
    return new HuggingFaceVocabulary(assemble(tokenizer, ids, raw, normalized), raw, normalized);
  }

  private static Map<String, Integer> modelPieces(JsonField model) {
    JsonField vocab = model.get("vocab");
    if (!vocab.isPresent()) {
      throw vocab.error("is missing");
    }
    Map<String, Integer> ids = Vocabulary.mapFor(vocab.node().size() * 2);
    if (vocab.node().isArray()) {
      for (JsonField pair : vocab.elements()) {
        if (!pair.node().path(0).isTextual() || !pair.node().path(1).isNumber()) {
          throw pair.error("is not a piece with a score");
        }
        // of a piece that stands there twice the first counts
        ids.putIfAbsent(pair.node().get(0).textValue(), indexOf(pair));
      }
      return ids;
    }
    for (Map.Entry<String, JsonNode> entry : vocab.members()) {
      JsonNode id = entry.getValue();
      if (!id.isInt() || id.intValue() < 0) {
        throw vocab.error("gives '" + entry.getKey() + "' no usable id: " + id);
      }
      ids.put(entry.getKey(), id.intValue());
    }
    return ids;
  }

  private static int indexOf(JsonField element) {
    String path = element.path();
    return Integer.parseInt(path, path.lastIndexOf('[') + 1, path.length() - 1, 10);
  }

  private static int parseId(JsonField token, String key) {
    try {
      return Integer.parseInt(key);
    } catch (NumberFormatException e) {
      throw token.error("is not named by an id");
    }
  }

  private static void add(
      JsonField field,
      int id,
      Set<Integer> seen,
      Map<String, Integer> ids,
      List<AddedToken> raw,
      List<AddedToken> normalized) {
    if (!seen.add(id)) {
      return;
    }
    if (id < 0) {
      throw field.error("has the negative id " + id);
    }
    String text = field.get("content").string();
    // a text the model knows keeps the model's id
    ids.putIfAbsent(text, id);
    AddedToken token =
        new AddedToken(
            ids.get(text),
            text,
            field.get("special").bool(false),
            field.get("lstrip").bool(false),
            field.get("rstrip").bool(false),
            field.get("single_word").bool(false));
    boolean isNormalized = field.get("normalized").bool(!token.special());
    (isNormalized ? normalized : raw).add(token);
  }

  private static Vocabulary assemble(
      JsonField tokenizer,
      Map<String, Integer> ids,
      List<AddedToken> raw,
      List<AddedToken> normalized) {
    int size = size(tokenizer, ids);
    String[] pieces = new String[size];
    TokenKind[] kinds = new TokenKind[size];
    Arrays.fill(kinds, TokenKind.NORMAL);
    Map<Integer, String> added = new HashMap<>();
    for (List<AddedToken> tokens : List.of(raw, normalized)) {
      for (AddedToken token : tokens) {
        kinds[token.id()] = token.special() ? TokenKind.CONTROL : TokenKind.USER_DEFINED;
        added.put(token.id(), token.text());
      }
    }
    for (Map.Entry<String, Integer> entry : ids.entrySet()) {
      int id = entry.getValue();
      String other = pieces[id];
      if (other != null && !added.containsKey(id)) {
        throw tokenizer
            .get("model.vocab")
            .error("gives id " + id + " to both '" + other + "' and '" + entry.getKey() + "'");
      }
      pieces[id] = entry.getKey();
    }
    added.forEach((id, text) -> pieces[id] = text);
    return new Vocabulary(pieces, kinds, ids);
  }

  private static int size(JsonField tokenizer, Map<String, Integer> ids) {
    long limit = ids.size() * 8L + SPARE_IDS;
    int largest = -1;
    for (Map.Entry<String, Integer> entry : ids.entrySet()) {
      if (entry.getValue() >= limit) {
        throw new ModelFormatException(
            tokenizer.file()
                + ": '"
                + entry.getKey()
                + "' has the id "
                + entry.getValue()
                + ", too large for a vocabulary of "
                + ids.size()
                + " entries");
      }
      largest = Math.max(largest, entry.getValue());
    }
    if (largest < 0) {
      throw tokenizer.get("model").get("vocab").error("is empty");
    }
    return largest + 1;
  }
}
