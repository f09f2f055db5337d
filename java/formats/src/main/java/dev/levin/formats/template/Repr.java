package dev.levin.formats.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's {@code str} and {@code repr}. */
final class Repr {
  private static final int EXCERPT = 60;

  private Repr() {}

  /** What printing a value writes. */
  static String text(RenderContext context, Object value) {
    return switch (value) {
      case String text -> text;
      case Undefined undefined -> "";
      case null -> "None";
      default -> repr(context, value);
    };
  }

  static String repr(RenderContext context, Object value) {
    TextBuilder out = new TextBuilder(context);
    write(context, value, out);
    return out.toString();
  }

  /** A piece of foreign text for a one-line message. */
  static String excerpt(String text) {
    String line = text.length() > EXCERPT ? text.substring(0, EXCERPT) + "..." : text;
    return line.indexOf('\n') < 0 && line.indexOf('\r') < 0 ? line : line.replaceAll("\\s+", " ");
  }

  /** Shortest digits that give the same number, in Python's notation. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value < 0 ? "-inf" : "inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = decimal.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = decimal.unscaledValue().abs().toString();
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + fraction
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  private static void write(RenderContext context, Object value, TextBuilder out) {
    context.step();
    switch (value) {
      case null -> out.append("None");
      case Boolean flag -> out.append(flag ? "True" : "False");
      case Long number -> out.append(number.toString());
      case BigInteger number -> out.append(number.toString());
      case Double number -> out.append(number(number));
      case String text -> quote(text, out);
      case IntegerRange range -> out.append(range.text());
      case Tuple tuple -> {
        String close = tuple.items().size() == 1 ? ",)" : ")";
        writeAll(context, tuple.items().iterator(), "(", close, out);
      }
      case List<?> list -> writeAll(context, list.iterator(), "[", "]", out);
      case Map<?, ?> map -> writeMap(context, map, out);
      case DictView view -> {
        out.append(Types.name(view));
        writeAll(context, view.iterator(), "([", "])", out);
      }
      case Undefined undefined -> out.append("Undefined");
      case Namespace namespace -> {
        out.append("<Namespace ");
        writeMap(context, namespace.attributes(), out);
        out.append('>');
      }
      default -> out.append("<" + Types.name(value) + " object>");
    }
  }

  private static void writeAll(
      RenderContext context, Iterator<?> items, String open, String close, TextBuilder out) {
    context.enter();
    out.append(open);
    for (boolean first = true; items.hasNext(); first = false) {
      if (!first) {
        out.append(", ");
      }
      write(context, items.next(), out);
    }
    out.append(close);
    context.leave();
  }

  private static void writeMap(RenderContext context, Map<?, ?> map, TextBuilder out) {
    context.enter();
    out.append('{');
    boolean first = true;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!first) {
        out.append(", ");
      }
      first = false;
      write(context, entry.getKey(), out);
      out.append(": ");
      write(context, entry.getValue(), out);
    }
    out.append('}');
    context.leave();
  }

  private static void quote(String text, TextBuilder out) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      switch (codePoint) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\\' -> out.append("\\\\");
        default -> {
          if (codePoint == quote) {
            out.append('\\').append(quote);
          } else if (isPrintable(codePoint)) {
            out.appendCodePoint(codePoint);
          } else {
            out.append(escape(codePoint));
          }
        }
      }
    }
    out.append(quote);
  }

  private static String escape(int codePoint) {
    if (codePoint < 0x100) {
      return "\\x%02x".formatted(codePoint);
    }
    return (codePoint < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(codePoint);
  }

  private static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> codePoint == ' ';
      default -> true;
    };
  }
}
