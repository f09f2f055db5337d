package dev.levin.formats.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;

/** Reads {@code model} of tokenizer.json. */
final class HuggingFaceModels {
  private HuggingFaceModels() {}

  static SubwordModel read(JsonField model, Vocabulary vocabulary) {
    return switch (type(model)) {
      case "BPE" -> bytePairEncoding(model, vocabulary);
      case "WordPiece" -> wordPiece(model, vocabulary);
      case "Unigram" -> unigram(model, vocabulary);
      default -> throw model.unsupportedType();
    };
  }

  /** Old files leave the type out; their fields tell. */
  private static String type(JsonField model) {
    if (model.get("type").isPresent() || !model.node().isObject()) {
      return model.type();
    }
    if (model.get("merges").isPresent()) {
      return "BPE";
    }
    return model.get("vocab").node().isArray() ? "Unigram" : "WordPiece";
  }

  private static SubwordModel bytePairEncoding(JsonField model, Vocabulary vocabulary) {
    requireEmpty(model.get("continuing_subword_prefix"));
    requireEmpty(model.get("end_of_word_suffix"));
    JsonField merges = model.get("merges");
    if (!merges.isPresent()) {
      throw merges.error("is missing: a tokenizer without merges");
    }
    if (!merges.node().isArray()) {
      throw merges.error("is not a list");
    }
    BpeModel.Builder builder = new BpeModel.Builder(vocabulary, merges.node().size());
    int rank = 0;
    for (JsonNode merge : merges.node()) {
      addMerge(builder, merges, merge, rank++);
    }
    JsonField unknown = model.get("unk_token");
    UnknownText unknownText =
        UnknownText.of(
            vocabulary,
            model.get("byte_fallback").bool(false),
            unknown.isPresent() ? vocabulary.id(unknown.string()) : Vocabulary.ABSENT,
            model.get("fuse_unk").bool(false));
    return builder.build(model.get("ignore_merges").bool(false), unknownText);
  }

  private static void addMerge(
      BpeModel.Builder builder, JsonField merges, JsonNode merge, int rank) {
    if (merge.isTextual()) {
      String text = merge.textValue();
      int space = text.indexOf(' ', 1);
      if (space > 0 && space + 1 < text.length()) {
        builder.merge(text.substring(0, space), text.substring(space + 1));
        return;
      }
    } else if (merge.size() == 2 && merge.get(0).isTextual() && merge.get(1).isTextual()) {
      builder.merge(merge.get(0).textValue(), merge.get(1).textValue());
      return;
    }
    throw merges.error("has an entry " + rank + " that is not two pieces");
  }

  private static SubwordModel wordPiece(JsonField model, Vocabulary vocabulary) {
    JsonField unknown = model.get("unk_token");
    int unknownId = vocabulary.id(unknown.string("[UNK]"));
    if (unknownId == Vocabulary.ABSENT) {
      throw unknown.error("is not in the vocabulary");
    }
    return WordPieceModel.markedContinuations(
        vocabulary,
        model.get("continuing_subword_prefix").string("##"),
        model.get("max_input_chars_per_word").integer(100),
        unknownId);
  }

  private static SubwordModel unigram(JsonField model, Vocabulary vocabulary) {
    JsonNode vocab = model.get("vocab").node();
    if (!vocab.isArray()) {
      throw model.get("vocab").error("is not a list of pieces with scores");
    }
    double[] scores = new double[vocabulary.size()];
    Arrays.fill(scores, Double.NaN);
    for (int id = 0; id < vocab.size(); id++) {
      scores[id] = vocab.get(id).path(1).doubleValue();
    }
    JsonField unknown = model.get("unk_id");
    int unknownId = unknown.integer(Vocabulary.ABSENT);
    if (unknown.isPresent() && (unknownId < 0 || unknownId >= vocab.size())) {
      throw unknown.error("is " + unknownId + ", outside the vocabulary");
    }
    boolean byteFallback = model.get("byte_fallback").bool(false);
    UnknownText unknownText = UnknownText.of(vocabulary, byteFallback, unknownId, true);
    return new UnigramModel(vocabulary, scores, unknownId, unknownText);
  }

  private static void requireEmpty(JsonField affix) {
    if (!affix.string("").isEmpty()) {
      throw affix.error("is '" + affix.string() + "'; affixes of BPE pieces are not supported");
    }
  }
}
