package dev.levin.formats.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * SentencePiece's compiled normalization table: a double-array trie over UTF-8 bytes whose values
 * are offsets of the replacements. At each position the longest entry is replaced.
 *
 * <p>Layout, little-endian: size of the trie in bytes (u32), the trie's units (u32 each), the
 * replacements, each ended by a zero byte.
 */
final class PrecompiledNormalizer {
  private static final int NO_MATCH = -1;

  private final int[] units;
  private final byte[] replacements;

  private PrecompiledNormalizer(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /** Reads the table, which tokenizer.json carries in Base64. */
  static TextNormalizer read(JsonField field) {
    if (!field.isPresent()) {
      return TextNormalizer.NONE;
    }
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Base64.getDecoder().decode(field.string()));
    } catch (IllegalArgumentException e) {
      throw field.error("is not Base64");
    }
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.capacity() == 0) {
      return TextNormalizer.NONE;
    }
    int trieBytes = bytes.capacity() < Integer.BYTES ? -1 : bytes.getInt();
    if (trieBytes < Integer.BYTES
        || trieBytes % Integer.BYTES != 0
        || trieBytes > bytes.remaining()) {
      throw field.error("has no valid table: " + bytes.capacity() + " bytes in all");
    }
    int[] units = new int[trieBytes / Integer.BYTES];
    bytes.asIntBuffer().get(units);
    byte[] replacements = new byte[bytes.remaining() - trieBytes];
    bytes.position(bytes.position() + trieBytes).get(replacements);
    return new PrecompiledNormalizer(units, replacements)::apply;
  }

  private String apply(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder result = new StringBuilder(text.length());
    int position = 0;
    int kept = 0;
    while (position < bytes.length) {
      long match = longestAt(bytes, position);
      if (match == NO_MATCH) {
        position += sequenceLength(bytes[position]);
        continue;
      }
      result.append(new String(bytes, kept, position - kept, StandardCharsets.UTF_8));
      appendReplacement((int) match, result);
      position += (int) (match >>> 32);
      kept = position;
    }
    return result
        .append(new String(bytes, kept, bytes.length - kept, StandardCharsets.UTF_8))
        .toString();
  }

  /** Length of the longest entry in the upper half, its value in the lower, or no match. */
  private long longestAt(byte[] bytes, int start) {
    long longest = NO_MATCH;
    int node = offset(units[0]);
    for (int i = start; i < bytes.length; i++) {
      int label = bytes[i] & 0xff;
      node ^= label;
      if (node < 0 || node >= units.length || label(units[node]) != label) {
        return longest;
      }
      int unit = units[node];
      node ^= offset(unit);
      boolean hasLeaf = (unit >>> 8 & 1) == 1;
      if (hasLeaf && node >= 0 && node < units.length) {
        longest = (long) (i + 1 - start) << 32 | units[node] & Integer.MAX_VALUE;
      }
    }
    return longest;
  }

  private void appendReplacement(int start, StringBuilder result) {
    int end = Math.min(start, replacements.length);
    int from = end;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    result.append(new String(replacements, from, end - from, StandardCharsets.UTF_8));
  }

  private static int label(int unit) {
    return unit & 0x800000ff;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 0x200) >>> 6);
  }

  private static int sequenceLength(byte lead) {
    int value = lead & 0xff;
    return value < 0xc0 ? 1 : value < 0xe0 ? 2 : value < 0xf0 ? 3 : 4;
  }
}
