package dev.levin.cli;

import java.util.StringJoiner;

/** Token ids as text: separated by commas or white space. */
final class TokenIds {
  private TokenIds() {}

  /**
   * @throws UserException naming the option and the part that is not an id
   */
  static int[] parse(String option, String text) {
    String list = text.strip();
    if (list.isEmpty()) {
      return new int[0];
    }
    String[] parts = list.split("\\s*,\\s*|\\s+", -1);
    int[] ids = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        ids[i] = Integer.parseUnsignedInt(parts[i]);
      } catch (NumberFormatException e) {
        throw new UserException(option + ": '" + parts[i] + "' is not a token id");
      }
      if (ids[i] < 0) {
        throw new UserException(option + ": token id " + parts[i] + " is too large");
      }
    }
    return ids;
  }

  static String format(int[] ids) {
    StringJoiner joiner = new StringJoiner(" ");
    for (int id : ids) {
      joiner.add(Integer.toString(id));
    }
    return joiner.toString();
  }
}
