package dev.levin.formats.template;

import java.time.Clock;

/** State of one rendering: where it stands and what it has spent. */
final class RenderContext {
  private final TemplateLimits limits;
  private final Clock clock;
  private final long textLimit;
  private long steps;
  private long text;
  private int depth;
  private int line = 1;

  RenderContext(TemplateLimits limits, Clock clock) {
    this.limits = limits;
    this.clock = clock;
    this.textLimit = (long) limits.characters() * TemplateLimits.TEXT_FACTOR;
  }

  Clock clock() {
    return clock;
  }

  int line() {
    return line;
  }

  void at(int line) {
    this.line = line;
  }

  void step() {
    steps(1);
  }

  /** Counts work on {@code count} elements, before it is done. */
  void steps(long count) {
    steps += count;
    if (steps > limits.steps() || count > limits.steps()) {
      throw new TemplateFault("the template needs more than " + limits.steps() + " steps");
    }
  }

  /** Counts characters written or read, before it is done. */
  void characters(long count) {
    text += count;
    if (text > textLimit) {
      throw new TemplateFault(
          "the template writes and searches more than " + textLimit + " characters");
    }
  }

  /** Counts a search, whose worst case is the product of both lengths. */
  void search(String haystack, String needle) {
    characters(haystack.length() * (1 + needle.length() / 16L));
  }

  void checkLength(long length) {
    if (length > limits.characters()) {
      throw new TemplateFault(
          "the template makes a text longer than " + limits.characters() + " characters");
    }
  }

  /** Checks the length of one string before it is made, and counts it. */
  void string(long length) {
    checkLength(length);
    characters(length);
  }

  /** Counts a string that was made from one of similar length. */
  String made(String value) {
    string(value.length());
    return value;
  }

  int depthLimit() {
    return limits.depth();
  }

  /** Enters a macro, a recursive loop or a nested container; pair with {@link #leave()}. */
  void enter() {
    if (++depth > limits.depth()) {
      throw new TemplateFault("the template nests deeper than " + limits.depth() + " levels");
    }
  }

  void leave() {
    depth--;
  }
}
