package dev.levin.engine;

import java.util.List;

/**
 * Cuts a text that arrives in pieces where a stop string appears. Text that could be the beginning
 * of one is held back until it is known. Of several stop strings the one complete first wins, among
 * those complete at once the one that starts first.
 */
final class StopMatcher {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean matched;

  StopMatcher(List<String> stops) {
    this.stops = stops;
  }

  /** The text that is now known to come before any stop string. */
  String accept(String piece) {
    if (matched) {
      return "";
    }
    if (stops.isEmpty()) {
      return piece;
    }
    int scanned = held.length();
    held.append(piece);
    int cut = findStop(scanned);
    if (cut >= 0) {
      matched = true;
    } else {
      cut = startOfPossibleStop();
    }
    String known = held.substring(0, cut);
    held.delete(0, matched ? held.length() : cut);
    return known;
  }

  /** True once a stop string has appeared; all text from it on is dropped. */
  boolean matched() {
    return matched;
  }

  /** The text held back, which no stop string completed. */
  String finish() {
    String rest = held.toString();
    held.setLength(0);
    return rest;
  }

  /** Start of the stop string that ends first, or -1; none ends before {@code scanned}. */
  private int findStop(int scanned) {
    int start = -1;
    int end = Integer.MAX_VALUE;
    for (String stop : stops) {
      int found = held.indexOf(stop, Math.max(0, scanned - stop.length() + 1));
      int foundEnd = found + stop.length();
      if (found >= 0 && (foundEnd < end || (foundEnd == end && found < start))) {
        start = found;
        end = foundEnd;
      }
    }
    return start;
  }

  private int startOfPossibleStop() {
    int start = held.length();
    for (String stop : stops) {
      for (int i = Math.max(0, held.length() - stop.length() + 1); i < start; i++) {
        if (stop.startsWith(held.substring(i))) {
          start = i;
        }
      }
    }
    return start;
  }
}
