package dev.levin.engine;

import dev.levin.formats.template.ChatMessage;
import dev.levin.formats.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Keeps the texts of messages from spelling special tokens. Wherever one does, a mark is put inside
 * the spelling; the rendered prompt is later encoded in parts between the marks, so the spelling
 * becomes ordinary text. A text that ends with the beginning of a spelling is marked there too,
 * because a template may join texts. Messages that spell nothing special stay as they are.
 */
final class MessageGuard {
  private static final char FIRST_MARK = '\uE000';
  private static final char LAST_MARK = '\uF8FF';

  private final Set<String> spellings = new HashSet<>();
  private final Set<String> beginnings = new HashSet<>();
  private final BitSet firstCharacters = new BitSet();
  private final Set<Integer> lengths = new TreeSet<>();
  private int longestBeginning;

  MessageGuard(Tokenizer tokenizer) {
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      if (tokenizer.isSpecial(id)) {
        add(tokenizer.piece(id));
      }
    }
  }

  private void add(String spelling) {
    if (spelling.length() < 2) {
      return;
    }
    spellings.add(spelling);
    firstCharacters.set(spelling.charAt(0));
    lengths.add(spelling.length());
    longestBeginning = Math.max(longestBeginning, spelling.length() - 1);
    for (int end = 1; end < spelling.length(); end++) {
      beginnings.add(spelling.substring(0, end));
    }
  }

  /**
   * Guarded copies.
   *
   * @param mark the character that {@link #split} later finds
   */
  record Guarded(List<ChatMessage> messages, List<Map<String, Object>> tools, char mark) {}

  Guarded guard(List<ChatMessage> messages, List<Map<String, Object>> tools) {
    char mark = unusedMark(messages, tools);
    List<ChatMessage> guarded = new ArrayList<>();
    for (ChatMessage message : messages) {
      Map<String, Object> fields = guardMap(message.fields(), mark);
      if (message.fields().containsKey("role")) {
        fields.put("role", message.fields().get("role"));
      }
      guarded.add(new ChatMessage(fields));
    }
    List<Map<String, Object>> guardedTools = new ArrayList<>();
    for (Map<String, Object> tool : tools) {
      guardedTools.add(guardMap(tool, mark));
    }
    return new Guarded(guarded, guardedTools, mark);
  }

  /** The parts between marks, in order; never empty. */
  static List<String> split(String text, char mark) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int end = text.indexOf(mark); end >= 0; end = text.indexOf(mark, start)) {
      parts.add(text.substring(start, end));
      start = end + 1;
    }
    parts.add(text.substring(start));
    return parts;
  }

  private static char unusedMark(List<ChatMessage> messages, List<Map<String, Object>> tools) {
    String all = messages.toString() + tools;
    for (char mark = FIRST_MARK; mark <= LAST_MARK; mark++) {
      if (all.indexOf(mark) < 0) {
        return mark;
      }
    }
    throw new IllegalArgumentException("the messages use every private-use character");
  }

  private Map<String, Object> guardMap(Map<?, ?> map, char mark) {
    Map<String, Object> guarded = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      String key = markSpellings(String.valueOf(entry.getKey()), mark);
      guarded.put(key, guardValue(entry.getValue(), mark));
    }
    return guarded;
  }

  private Object guardValue(Object value, char mark) {
    if (value instanceof String text) {
      return markEnd(markSpellings(text, mark), mark);
    }
    if (value instanceof Map<?, ?> map) {
      return guardMap(map, mark);
    }
    if (value instanceof List<?> list) {
      List<Object> guarded = new ArrayList<>();
      for (Object element : list) {
        guarded.add(guardValue(element, mark));
      }
      return guarded;
    }
    return value;
  }

  private String markSpellings(String text, char mark) {
    StringBuilder marked = null;
    int copied = 0;
    for (int i = 0; i + 1 < text.length(); i++) {
      if (firstCharacters.get(text.charAt(i)) && spellsAt(text, i)) {
        marked = marked == null ? new StringBuilder() : marked;
        marked.append(text, copied, i + 1).append(mark);
        copied = i + 1;
      }
    }
    return marked == null ? text : marked.append(text, copied, text.length()).toString();
  }

  private boolean spellsAt(String text, int start) {
    for (int length : lengths) {
      if (start + length > text.length()) {
        return false;
      }
      if (spellings.contains(text.substring(start, start + length))) {
        return true;
      }
    }
    return false;
  }

  private String markEnd(String text, char mark) {
    for (int length = 1; length <= Math.min(longestBeginning, text.length()); length++) {
      if (beginnings.contains(text.substring(text.length() - length))) {
        return text + mark;
      }
    }
    return text;
  }
}
