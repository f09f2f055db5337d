package dev.levin.formats.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Filters that make text. */
final class TextFilters {
  private TextFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("upper", plain("upper", text -> text.toUpperCase(Locale.ROOT)));
    filters.put("lower", plain("lower", text -> text.toLowerCase(Locale.ROOT)));
    filters.put("capitalize", plain("capitalize", PythonText::capitalize));
    filters.put("title", plain("title", TextFilters::title));
    filters.put("string", plain("string", UnaryOperator.identity()));
    // Templates of this kind have no markup type: safe text is text.
    filters.put("safe", plain("safe", UnaryOperator.identity()));
    filters.put("trim", TextFilters::trim);
    filters.put("replace", TextFilters::replace);
    filters.put("join", TextFilters::join);
    filters.put("indent", TextFilters::indent);
    filters.put("center", TextFilters::center);
    filters.put("truncate", TextFilters::truncate);
    filters.put("wordcount", TextFilters::wordCount);
    filters.put("escape", TextFilters::escape);
    filters.put("e", TextFilters::escape);
    filters.put("forceescape", TextFilters::escape);
    filters.put("urlencode", TextFilters::urlEncode);
    filters.put("format", TextFilters::format);
    filters.put("tojson", TextFilters::toJson);
  }

  private static Filters.Filter plain(String name, UnaryOperator<String> change) {
    return (context, input, arguments) -> {
      arguments.bind(name, 0);
      String text = Repr.text(context, input);
      context.characters(text.length());
      return context.made(change.apply(text));
    };
  }

  /** Capital after whitespace, hyphens and opening brackets only, unlike the method. */
  private static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean first = true;
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      String character = Character.toString(codePoint);
      out.append(first ? character.toUpperCase(Locale.ROOT) : character.toLowerCase(Locale.ROOT));
      first = PythonText.isSpace(codePoint) || "-({[<".indexOf(codePoint) >= 0;
    }
    return out.toString();
  }

  private static Object trim(RenderContext context, Object input, Arguments arguments) {
    String characters = arguments.bind("trim", 0, "chars").text(0, null);
    String text = Repr.text(context, input);
    context.search(text, characters == null ? "" : characters);
    return PythonText.strip(text, characters, true, true);
  }

  private static Object replace(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
    String old = Repr.text(context, bound.value(0, ""));
    String replacement = Repr.text(context, bound.value(1, ""));
    long count = bound.absent(2) ? -1 : bound.integer(2, -1);
    return PythonText.replace(context, Repr.text(context, input), old, replacement, count);
  }

  private static Object join(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("join", 0, "d", "attribute");
    String separator = Repr.text(context, bound.value(0, ""));
    AttributePath path = bound.absent(1) ? null : AttributePath.of(bound.value(1, null));
    TextBuilder out = new TextBuilder(context);
    Iterator<Object> items = Values.iterate(input);
    for (boolean first = true; items.hasNext(); first = false) {
      context.step();
      Object item = items.next();
      Object value = path == null ? item : path.get(context, item);
      out.append(first ? "" : separator).append(Repr.text(context, value));
    }
    return out.toString();
  }

  private static Object indent(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("indent", 0, "width", "first", "blank");
    String indentation =
        bound.value(0, 4L) instanceof String text
            ? text
            : new TextBuilder(context).repeat(" ", bound.integer(0, 4)).toString();
    boolean blank = bound.flag(2, false);
    List<Object> lines = PythonText.splitLines(context, Repr.text(context, input) + "\n", false);
    TextBuilder out = new TextBuilder(context).append(bound.flag(1, false) ? indentation : "");
    for (int i = 0; i < lines.size(); i++) {
      String line = (String) lines.get(i);
      if (i > 0) {
        out.append('\n').append(blank || !line.isEmpty() ? indentation : "");
      }
      out.append(line);
    }
    return out.toString();
  }

  private static Object center(RenderContext context, Object input, Arguments arguments) {
    long width = arguments.bind("center", 0, "width").integer(0, 80);
    TemplateFunction method = StringMethods.bind(Repr.text(context, input), "center");
    return method.call(context, Arguments.of(width));
  }

  private static Object truncate(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("truncate", 0, "length", "killwords", "end", "leeway");
    String text = Repr.text(context, input);
    long length = bound.integer(0, 255);
    String end = bound.text(2, "...");
    long leeway = bound.absent(3) ? 5 : bound.integer(3, 5);
    long keep = length - Values.length(end);
    if (keep < 0) {
      throw new TemplateFault("truncate needs a length of at least its end");
    }
    long size = Values.length(text);
    if (size <= length || size - length <= leeway) {
      return text;
    }
    String start = text.substring(0, text.offsetByCodePoints(0, (int) keep));
    int space = bound.flag(1, false) ? -1 : start.lastIndexOf(' ');
    return (space < 0 ? start : start.substring(0, space)) + end;
  }

  private static Object wordCount(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("wordcount", 0);
    String text = Repr.text(context, input);
    context.characters(text.length());
    long words = 0;
    boolean inside = false;
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      boolean word =
          codePoint == '_' || Character.isLetter(codePoint) || PythonText.isNumeric(codePoint);
      words += word && !inside ? 1 : 0;
      inside = word;
    }
    return words;
  }

  private static Object escape(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("escape", 0);
    String text = Repr.text(context, input);
    TextBuilder out = new TextBuilder(context);
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      switch (character) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '\'' -> out.append("&#39;");
        case '"' -> out.append("&#34;");
        default -> out.append(character);
      }
    }
    return out.toString();
  }

  private static Object urlEncode(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("urlencode", 0);
    if (input instanceof String || !Values.isIterable(input)) {
      return quote(context, Repr.text(context, input)).replace("%2F", "/");
    }
    Object pairs = input instanceof Map<?, ?> map ? new DictView(DictView.Kind.ITEMS, map) : input;
    TextBuilder out = new TextBuilder(context);
    Iterator<Object> iterator = Values.iterate(pairs);
    for (boolean first = true; iterator.hasNext(); first = false) {
      List<Object> pair = Values.list(context, iterator.next());
      if (pair.size() != 2) {
        throw new TemplateFault("urlencode needs pairs");
      }
      out.append(first ? "" : "&").append(form(context, pair.get(0)));
      out.append("=").append(form(context, pair.get(1)));
    }
    return out.toString();
  }

  private static String form(RenderContext context, Object value) {
    return quote(context, Repr.text(context, value)).replace("%20", "+");
  }

  private static String quote(RenderContext context, String text) {
    context.string(3L * text.length());
    String encoded = URLEncoder.encode(text, StandardCharsets.UTF_8);
    String quoted = encoded.replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
    return context.made(quoted);
  }

  private static Object format(RenderContext context, Object input, Arguments arguments) {
    boolean named = !arguments.named().isEmpty();
    if (named && !arguments.positional().isEmpty()) {
      throw new TemplateFault("format takes positional or named values, not both");
    }
    Object values = named ? arguments.named() : Tuple.of(arguments.positional());
    return PercentFormat.format(context, Repr.text(context, input), values);
  }

  private static Object toJson(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound =
        arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
    String indent = bound.absent(1) ? null : jsonIndent(context, bound);
    String itemSeparator = indent == null ? ", " : ",";
    String keySeparator = ": ";
    if (!bound.absent(2)) {
      List<Object> separators = Values.list(context, bound.value(2, null));
      if (separators.size() != 2
          || !(separators.get(0) instanceof String item)
          || !(separators.get(1) instanceof String key)) {
        throw new TemplateFault("the separators of tojson must be two strings");
      }
      itemSeparator = item;
      keySeparator = key;
    }
    JsonText.Style style =
        new JsonText.Style(
            bound.flag(0, false), indent, itemSeparator, keySeparator, bound.flag(3, false));
    return JsonText.dumps(context, input, style);
  }

  private static String jsonIndent(RenderContext context, Arguments.Bound bound) {
    return bound.value(1, null) instanceof String text
        ? text
        : new TextBuilder(context).repeat(" ", bound.integer(1, 0)).toString();
  }
}
