package dev.levin.formats.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's alphabet: each byte has a printable character, so that vocabularies of bytes can be
 * written as text. Printable Latin-1 bytes stand for themselves, the others follow from U+0100 on.
 */
final class ByteLevelAlphabet {
  private static final char[] CHARACTER_OF_BYTE = new char[256];
  private static final int[] BYTE_OF_CHARACTER = new int[256 + 68];

  static {
    Arrays.fill(BYTE_OF_CHARACTER, -1);
    char spare = 256;
    for (int value = 0; value < 256; value++) {
      char character = standsForItself(value) ? (char) value : spare++;
      CHARACTER_OF_BYTE[value] = character;
      BYTE_OF_CHARACTER[character] = value;
    }
  }

  private ByteLevelAlphabet() {}

  /** Writes a text's UTF-8 bytes as characters of the alphabet. */
  static String encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    char[] characters = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      characters[i] = CHARACTER_OF_BYTE[bytes[i] & 0xff];
    }
    return new String(characters);
  }

  /** The bytes a piece spells; a piece with characters outside the alphabet is plain UTF-8. */
  static byte[] decode(String piece) {
    byte[] bytes = new byte[piece.length()];
    for (int i = 0; i < bytes.length; i++) {
      char character = piece.charAt(i);
      int value = character < BYTE_OF_CHARACTER.length ? BYTE_OF_CHARACTER[character] : -1;
      if (value < 0) {
        return piece.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) value;
    }
    return bytes;
  }

  private static boolean standsForItself(int value) {
    return value >= '!' && value <= '~' || value >= 0xa1 && value <= 0xac || value >= 0xae;
  }
}
