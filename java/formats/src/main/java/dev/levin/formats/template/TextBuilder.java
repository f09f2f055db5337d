package dev.levin.formats.template;

/** Grows a string within the limits of a rendering. */
final class TextBuilder {
  private final RenderContext context;
  private final StringBuilder builder = new StringBuilder();

  TextBuilder(RenderContext context) {
    this.context = context;
  }

  TextBuilder append(String text) {
    return append(text, 0, text.length());
  }

  TextBuilder append(String text, int start, int end) {
    reserve(end - start);
    builder.append(text, start, end);
    return this;
  }

  TextBuilder append(char character) {
    reserve(1);
    builder.append(character);
    return this;
  }

  TextBuilder appendCodePoint(int codePoint) {
    reserve(Character.charCount(codePoint));
    builder.appendCodePoint(codePoint);
    return this;
  }

  TextBuilder repeat(String text, long count) {
    long times = Math.max(0, count);
    context.checkLength(times);
    reserve(times * text.length());
    for (long i = 0; i < times; i++) {
      builder.append(text);
    }
    return this;
  }

  int length() {
    return builder.length();
  }

  @Override
  public String toString() {
    return builder.toString();
  }

  private void reserve(long more) {
    context.checkLength(builder.length() + more);
    context.characters(more);
  }
}
