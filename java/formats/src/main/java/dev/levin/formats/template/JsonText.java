package dev.levin.formats.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Python's {@code json.dumps}. */
final class JsonText {
  /**
   * Keyword arguments of {@code json.dumps}.
   *
   * @param indent one level's indentation, or null for one line
   */
  record Style(
      boolean ascii, String indent, String itemSeparator, String keySeparator, boolean sortKeys) {}

  private final RenderContext context;
  private final Style style;
  private final TextBuilder out;
  private int level;

  private JsonText(RenderContext context, Style style) {
    this.context = context;
    this.style = style;
    this.out = new TextBuilder(context);
  }

  static String dumps(RenderContext context, Object value, Style style) {
    JsonText json = new JsonText(context, style);
    json.write(value);
    return json.out.toString();
  }

  private void write(Object value) {
    context.step();
    if (value instanceof String text) {
      quote(text);
    } else if (value instanceof Tuple tuple) {
      writeList(tuple.items());
    } else if (Types.isList(value)) {
      writeList((List<?>) value);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map);
    } else {
      String scalar = scalar(value);
      if (scalar == null) {
        throw new TemplateFault("tojson cannot write a value of type '" + Types.name(value) + "'");
      }
      out.append(scalar);
    }
  }

  /** Null for what is no number, boolean or none. */
  private static String scalar(Object value) {
    return switch (value) {
      case null -> "null";
      case Boolean flag -> flag.toString();
      case Long number -> number.toString();
      case BigInteger number -> number.toString();
      case Double number -> real(number);
      default -> null;
    };
  }

  private static String real(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    return Double.isInfinite(number)
        ? (number < 0 ? "-Infinity" : "Infinity")
        : Repr.number(number);
  }

  private void writeList(List<?> items) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    open('[');
    for (int i = 0; i < items.size(); i++) {
      separate(i == 0);
      write(items.get(i));
    }
    close(']');
  }

  private void writeMap(Map<?, ?> map) {
    if (map.isEmpty()) {
      out.append("{}");
      return;
    }
    open('{');
    boolean first = true;
    for (Map.Entry<?, ?> entry : entries(map)) {
      separate(first);
      first = false;
      quote(key(entry.getKey()));
      out.append(style.keySeparator());
      write(entry.getValue());
    }
    close('}');
  }

  private List<Map.Entry<?, ?>> entries(Map<?, ?> map) {
    List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
    if (style.sortKeys()) {
      Comparison.sort(entries, (a, b) -> Comparison.order(context, a.getKey(), b.getKey(), "<"));
    }
    return entries;
  }

  private static String key(Object key) {
    String text = key instanceof String string ? string : scalar(key);
    if (text == null) {
      throw new TemplateFault("tojson cannot write a key of type '" + Types.name(key) + "'");
    }
    return text;
  }

  private void open(char bracket) {
    context.enter();
    level++;
    out.append(bracket);
  }

  private void separate(boolean first) {
    if (!first) {
      out.append(style.itemSeparator());
    }
    newLine();
  }

  private void close(char bracket) {
    level--;
    newLine();
    out.append(bracket);
    context.leave();
  }

  private void newLine() {
    if (style.indent() != null) {
      out.append('\n').repeat(style.indent(), level);
    }
  }

  private void quote(String text) {
    out.append('"');
    int written = 0;
    for (int i = 0; i < text.length(); i++) {
      String escape = escape(text.charAt(i));
      if (escape != null) {
        out.append(text, written, i).append(escape);
        written = i + 1;
      }
    }
    out.append(text, written, text.length()).append('"');
  }

  private String escape(char character) {
    return switch (character) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\f' -> "\\f";
      case '\b' -> "\\b";
      default -> character < 0x20 || style.ascii() && character > 0x7e ? unicode(character) : null;
    };
  }

  private static String unicode(char character) {
    return "\\u%04x".formatted((int) character);
  }
}
