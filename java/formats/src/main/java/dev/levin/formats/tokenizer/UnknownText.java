package dev.levin.formats.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * What becomes of text that no vocabulary entry covers: the tokens of its UTF-8 bytes where the
 * vocabulary has them all, else the unknown token, else nothing.
 */
final class UnknownText {
  private final int[] byteIds;
  private final int unknownId;
  private final boolean fuse;

  private UnknownText(int[] byteIds, int unknownId, boolean fuse) {
    this.byteIds = byteIds;
    this.unknownId = unknownId;
    this.fuse = fuse;
  }

  /**
   * @param unknownId or {@link Vocabulary#ABSENT}
   * @param fuse one unknown token for neighbours that are both unknown
   */
  static UnknownText of(Vocabulary vocabulary, boolean byteFallback, int unknownId, boolean fuse) {
    return new UnknownText(byteFallback ? vocabulary.byteIds() : null, unknownId, fuse);
  }

  /**
   * @param afterUnknown what the call for the text just before returned; false without one
   * @return whether the text ended up as the unknown token
   */
  boolean encode(String text, boolean afterUnknown, IntList ids) {
    if (byteIds != null && encodeBytes(text, ids)) {
      return false;
    }
    if (unknownId != Vocabulary.ABSENT && !(fuse && afterUnknown)) {
      ids.add(unknownId);
    }
    return true;
  }

  private boolean encodeBytes(String text, IntList ids) {
    int before = ids.size();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      int id = byteIds[value & 0xff];
      if (id == Vocabulary.ABSENT) {
        ids.truncate(before);
        return false;
      }
      ids.add(id);
    }
    return true;
  }
}
