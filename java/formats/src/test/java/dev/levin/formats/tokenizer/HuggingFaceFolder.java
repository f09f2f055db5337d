package dev.levin.formats.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the files of a Hugging Face folder; parts are given as JSON with ' for ". */
final class HuggingFaceFolder {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path folder;
  private final Map<String, Object> tokenizer = new LinkedHashMap<>();

  HuggingFaceFolder(Path folder) {
    this.folder = folder;
    tokenizer.put("added_tokens", List.of());
  }

  HuggingFaceFolder with(String key, Object value) {
    tokenizer.put(key, value);
    return this;
  }

  HuggingFaceFolder json(String key, String json) throws IOException {
    return with(key, MAPPER.readTree(json.replace('\'', '"')));
  }

  HuggingFaceFolder bytePairs(List<?> tokens, List<?> merges) {
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "BPE");
    model.put("vocab", vocabulary(tokens));
    model.put("merges", merges);
    return with("model", model);
  }

  /** Sets a flag of the BPE model. */
  HuggingFaceFolder modelFlag(String flag) {
    Map<String, Object> model = new LinkedHashMap<>();
    ((Map<?, ?>) tokenizer.get("model")).forEach((key, value) -> model.put((String) key, value));
    model.put(flag, true);
    return with("model", model);
  }

  HuggingFaceFolder wordPiece(String... tokens) {
    return with("model", Map.of("type", "WordPiece", "vocab", vocabulary(List.of(tokens))));
  }

  /** A BPE of single characters in which every character is a token. */
  HuggingFaceFolder characters(String characters) {
    List<String> tokens = new ArrayList<>();
    characters.codePoints().distinct().forEach(c -> tokens.add(Character.toString(c)));
    return bytePairs(tokens, List.of());
  }

  HuggingFaceFolder file(String name, String json) throws IOException {
    Files.writeString(folder.resolve(name), json.replace('\'', '"'));
    return this;
  }

  Tokenizer open() throws IOException {
    MAPPER.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer);
    return Tokenizers.fromHuggingFace(folder);
  }

  private static Map<String, Integer> vocabulary(List<?> tokens) {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    tokens.forEach(token -> vocabulary.put((String) token, vocabulary.size()));
    return vocabulary;
  }
}
