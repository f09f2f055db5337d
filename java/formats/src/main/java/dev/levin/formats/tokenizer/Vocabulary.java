package dev.levin.formats.tokenizer;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** The pieces of a vocabulary by id and by text. Not changed once a tokenizer has it. */
final class Vocabulary {
  static final int ABSENT = -1;

  private static final int MISSING_BYTE = -1;

  private final String[] pieces;
  private final TokenKind[] kinds;
  private final Map<String, Integer> ids;

  /**
   * @param pieces text of every id; null where an id has none
   * @param ids every text that names an id, also such that {@code pieces} does not show
   */
  Vocabulary(String[] pieces, TokenKind[] kinds, Map<String, Integer> ids) {
    this.pieces = pieces;
    this.kinds = kinds;
    this.ids = ids;
  }

  static Map<String, Integer> mapFor(int size) {
    return HashMap.newHashMap(size);
  }

  int size() {
    return pieces.length;
  }

  boolean contains(int id) {
    return id >= 0 && id < pieces.length;
  }

  /** The text of an id, empty for an id the vocabulary leaves out. */
  String piece(int id) {
    check(id);
    return pieces[id] == null ? "" : pieces[id];
  }

  TokenKind kind(int id) {
    check(id);
    return kinds[id];
  }

  /** While reading a file: corrects what it says about a token. */
  void markControl(int id) {
    check(id);
    kinds[id] = TokenKind.CONTROL;
  }

  /** The id of a text or {@link #ABSENT}. */
  int id(String piece) {
    Integer id = ids.get(piece);
    return id == null ? ABSENT : id;
  }

  OptionalInt find(String piece) {
    int id = id(piece);
    return id == ABSENT ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Ids of {@code <0x00>} to {@code <0xFF>}, {@link #ABSENT} where there is none. */
  int[] byteIds() {
    int[] byteIds = new int[256];
    for (int value = 0; value < byteIds.length; value++) {
      byteIds[value] = id(String.format("<0x%02X>", value));
    }
    return byteIds;
  }

  /** The value of a piece spelled {@code <0xXX>}, or -1. */
  static int byteValue(String piece) {
    if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
      return MISSING_BYTE;
    }
    int high = Character.digit(piece.charAt(3), 16);
    int low = Character.digit(piece.charAt(4), 16);
    return high < 0 || low < 0 ? MISSING_BYTE : high << 4 | low;
  }

  private void check(int id) {
    if (!contains(id)) {
      throw new IllegalArgumentException(
          "token id " + id + " is outside the vocabulary of " + pieces.length + " tokens");
    }
  }
}
