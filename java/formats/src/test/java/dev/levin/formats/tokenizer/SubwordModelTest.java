package dev.levin.formats.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The models against ones that are slow and plain. */
class SubwordModelTest {
  private static final long SEED = 4711;
  private static final int FIRST_PIECE = 259;

  @Test
  void bytePairsMergeAsThePlainAlgorithm() {
    Random random = new Random(SEED);
    for (int round = 0; round < 60; round++) {
      List<String> merges = randomMerges(random, 25);
      Tokenizer tokenizer =
          Vocabularies.open(Vocabularies.bytePairs("gpt-2", merges.toArray(String[]::new)));
      for (int i = 0; i < 40; i++) {
        String word = randomWord(random, 30);
        assertEquals(plainBytePairs(word, merges), pieces(tokenizer, word), () -> "seed " + SEED);
      }
    }
  }

  @Test
  void sentencePieceMergesAsThePlainAlgorithm() {
    Random random = new Random(SEED);
    for (int round = 0; round < 60; round++) {
      Set<String> vocabulary = new LinkedHashSet<>(List.of("a", "b", "c"));
      randomMerges(random, 25).forEach(merge -> vocabulary.add(merge.replace(" ", "")));
      Map<String, Object> values = Vocabularies.sentencePiece(vocabulary.toArray(String[]::new));
      values.put("tokenizer.ggml.add_space_prefix", false);
      List<Object> scores = new ArrayList<>((List<?>) values.get("tokenizer.ggml.scores"));
      for (int id = FIRST_PIECE; id < scores.size(); id++) {
        scores.set(id, (float) (random.nextInt(9) - 4));
      }
      values.put("tokenizer.ggml.scores", scores);
      Tokenizer tokenizer = Vocabularies.open(values);
      for (int i = 0; i < 40; i++) {
        String word = randomWord(random, 30);
        assertEquals(
            plainSentencePiece(word, List.copyOf(vocabulary), scores),
            pieces(tokenizer, word),
            () -> "seed " + SEED);
      }
    }
  }

  @Test
  void unigramFindsTheBestOfAllCuts() {
    Random random = new Random(SEED);
    List<String> pieces = List.of("<unk>", "a", "b", "c", "ab", "bc", "abc", "ca", "aab");
    Map<String, Integer> ids = Vocabularies.ids(pieces);
    TokenKind[] kinds = new TokenKind[pieces.size()];
    Arrays.fill(kinds, TokenKind.NORMAL);
    Vocabulary vocabulary = new Vocabulary(pieces.toArray(String[]::new), kinds, ids);
    for (int round = 0; round < 200; round++) {
      double[] scores = random.doubles(pieces.size(), -9, -1).toArray();
      UnknownText unknown = UnknownText.of(vocabulary, false, 0, true);
      UnigramModel model = new UnigramModel(vocabulary, scores, 0, unknown);
      String word = randomWord(random, 12);
      IntList found = new IntList(8);
      model.encode(word, found);
      double score = 0;
      for (int id : found.toArray()) {
        score += scores[id];
      }
      assertEquals(bestCut(word, ids, scores), score, 1e-9, () -> "seed " + SEED);
    }
  }

  @Test
  void precompiledNormalizerReplacesTheLongestEntry() {
    byte[] table = charsMap(Map.of("A", "a", "ﬁ", "fi", "AB", "x", "\u0301", ""));
    JsonField field =
        new JsonField("test", "charsmap", new TextNode(Base64.getEncoder().encodeToString(table)));
    TextNormalizer normalizer = PrecompiledNormalizer.read(field);
    assertEquals("xa你fi-e", normalizer.apply("ABA你ﬁ-e\u0301"));
    assertEquals("", normalizer.apply(""));
  }

  private static List<String> randomMerges(Random random, int count) {
    List<String> symbols = new ArrayList<>(List.of("a", "b", "c"));
    Set<String> merges = new LinkedHashSet<>();
    Set<String> results = new LinkedHashSet<>();
    while (merges.size() < count) {
      String left = symbols.get(random.nextInt(symbols.size()));
      String right = symbols.get(random.nextInt(symbols.size()));
      if (results.add(left + right)) {
        merges.add(left + " " + right);
        symbols.add(left + right);
      }
    }
    return List.copyOf(merges);
  }

  private static String randomWord(Random random, int longest) {
    StringBuilder word = new StringBuilder();
    for (int i = random.nextInt(longest) + 1; i > 0; i--) {
      word.append((char) ('a' + random.nextInt(3)));
    }
    return word.toString();
  }

  private static List<String> pieces(Tokenizer tokenizer, String word) {
    List<String> pieces = new ArrayList<>();
    for (int id : tokenizer.encode(word, false, false)) {
      pieces.add(tokenizer.piece(id));
    }
    return pieces;
  }

  private static List<String> plainBytePairs(String word, List<String> merges) {
    List<String> symbols = new ArrayList<>(List.of(word.split("")));
    while (true) {
      int best = Integer.MAX_VALUE;
      int at = -1;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int rank = merges.indexOf(symbols.get(i) + " " + symbols.get(i + 1));
        if (rank >= 0 && rank < best) {
          best = rank;
          at = i;
        }
      }
      if (at < 0) {
        return symbols;
      }
      symbols.set(at, symbols.get(at) + symbols.remove(at + 1));
    }
  }

  private static List<String> plainSentencePiece(
      String word, List<String> vocabulary, List<Object> scores) {
    List<String> symbols = new ArrayList<>(List.of(word.split("")));
    while (true) {
      float best = Float.NEGATIVE_INFINITY;
      int at = -1;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int index = vocabulary.indexOf(symbols.get(i) + symbols.get(i + 1));
        if (index >= 0 && (float) scores.get(FIRST_PIECE + index) > best) {
          best = (float) scores.get(FIRST_PIECE + index);
          at = i;
        }
      }
      if (at < 0) {
        return symbols;
      }
      symbols.set(at, symbols.get(at) + symbols.remove(at + 1));
    }
  }

  private static double bestCut(String word, Map<String, Integer> ids, double[] scores) {
    double[] best = new double[word.length() + 1];
    for (int end = 1; end <= word.length(); end++) {
      best[end] = Double.NEGATIVE_INFINITY;
      for (int start = 0; start < end; start++) {
        Integer id = ids.get(word.substring(start, end));
        if (id != null) {
          best[end] = Math.max(best[end], best[start] + scores[id]);
        }
      }
    }
    return best[word.length()];
  }

  /** Builds a double array in which every node has a block of 256 units for its children. */
  private static byte[] charsMap(Map<String, String> entries) {
    List<String> prefixes = new ArrayList<>(List.of(""));
    for (String key : entries.keySet()) {
      String bytes = new String(key.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
      for (int i = 1; i <= bytes.length(); i++) {
        if (!prefixes.contains(bytes.substring(0, i))) {
          prefixes.add(bytes.substring(0, i));
        }
      }
    }
    int[] units = new int[(prefixes.size() + 1) * 256];
    StringBuilder replacements = new StringBuilder();
    for (String prefix : prefixes) {
      int block = (prefixes.indexOf(prefix) + 1) * 256;
      String parent = prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
      int label = prefix.isEmpty() ? 0 : prefix.charAt(prefix.length() - 1);
      int node = prefix.isEmpty() ? 0 : (prefixes.indexOf(parent) + 1) * 256 ^ label;
      String key = new String(prefix.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      String replacement = prefix.isEmpty() ? null : entries.get(key);
      units[node] = (node ^ block) << 10 | (replacement == null ? 0 : 1 << 8) | label;
      if (replacement != null) {
        units[block] = 1 << 31 | replacements.length();
        replacements.append(replacement).append('\0');
      }
    }
    ByteBuffer table =
        ByteBuffer.allocate(4 + units.length * 4 + replacements.length())
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(units.length * 4);
    for (int unit : units) {
      table.putInt(unit);
    }
    return table.put(replacements.toString().getBytes(StandardCharsets.US_ASCII)).array();
  }
}
