package dev.levin.formats.template;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/** The methods of Python's {@code str}. Positions count code points. */
final class StringMethods {
  private static final Map<String, Method> METHODS = methods();

  private StringMethods() {}

  private interface Method {
    Object call(RenderContext context, String text, Arguments arguments);
  }

  /** A method of {@code text}, or null. */
  static TemplateFunction bind(String text, String name) {
    Method method = METHODS.get(name);
    return method == null
        ? null
        : (context, arguments) -> {
          context.characters(text.length());
          return method.call(context, text, arguments);
        };
  }

  private static Map<String, Method> methods() {
    Map<String, Method> methods = new HashMap<>();
    addCases(methods);
    addPredicates(methods);
    addSearches(methods);
    addParts(methods);
    addPadding(methods);
    return Map.copyOf(methods);
  }

  private static void addCases(Map<String, Method> methods) {
    methods.put("upper", plain("upper", text -> text.toUpperCase(Locale.ROOT)));
    methods.put("lower", plain("lower", text -> text.toLowerCase(Locale.ROOT)));
    methods.put("casefold", plain("casefold", PythonText::foldCase));
    methods.put("title", plain("title", PythonText::title));
    methods.put("capitalize", plain("capitalize", PythonText::capitalize));
    methods.put("swapcase", plain("swapcase", PythonText::swapCase));
  }

  private static Method plain(String name, UnaryOperator<String> change) {
    return (context, text, arguments) -> {
      arguments.bind(name, 0);
      return context.made(change.apply(text));
    };
  }

  private static void addPredicates(Map<String, Method> methods) {
    methods.put("isalpha", every("isalpha", Character::isLetter));
    methods.put("isdecimal", every("isdecimal", Character::isDigit));
    methods.put("isdigit", every("isdigit", PythonText::isDigit));
    methods.put("isnumeric", every("isnumeric", PythonText::isNumeric));
    methods.put("isalnum", every("isalnum", c -> Character.isLetter(c) || PythonText.isNumeric(c)));
    methods.put("isspace", every("isspace", PythonText::isSpace));
    methods.put(
        "isascii",
        (context, text, arguments) -> {
          arguments.bind("isascii", 0);
          return text.chars().allMatch(c -> c < 0x80);
        });
    methods.put("isupper", (context, text, arguments) -> PythonText.isCase(text, true));
    methods.put("islower", (context, text, arguments) -> PythonText.isCase(text, false));
    methods.put(
        "istitle",
        (context, text, arguments) ->
            text.codePoints().anyMatch(PythonText::isCased) && PythonText.title(text).equals(text));
    methods.put("isidentifier", (context, text, arguments) -> PythonText.isIdentifier(text));
  }

  private static Method every(String name, IntPredicate predicate) {
    return (context, text, arguments) -> {
      arguments.bind(name, 0);
      return !text.isEmpty() && text.codePoints().allMatch(predicate);
    };
  }

  private static void addSearches(Map<String, Method> methods) {
    methods.put("startswith", (context, text, arguments) -> affix(text, arguments, true));
    methods.put("endswith", (context, text, arguments) -> affix(text, arguments, false));
    methods.put("find", (context, text, arguments) -> find(context, text, arguments, false));
    methods.put("rfind", (context, text, arguments) -> find(context, text, arguments, true));
    methods.put("index", (context, text, arguments) -> index(context, text, arguments, false));
    methods.put("rindex", (context, text, arguments) -> index(context, text, arguments, true));
    methods.put("count", StringMethods::count);
    methods.put(
        "replace",
        (context, text, arguments) -> {
          Arguments.Bound bound = arguments.bind("replace", 2, "old", "new", "count");
          return PythonText.replace(
              context, text, bound.text(0, ""), bound.text(1, ""), bound.integer(2, -1));
        });
  }

  private static Object affix(String text, Arguments arguments, boolean start) {
    String name = start ? "startswith" : "endswith";
    Arguments.Bound bound = arguments.bind(name, 1, "affix", "start", "end");
    String part = range(text, bound, 1);
    if (!(bound.value(0, null) instanceof Tuple tuple)) {
      String affix = bound.text(0, "");
      return part != null && (start ? part.startsWith(affix) : part.endsWith(affix));
    }
    for (Object item : tuple.items()) {
      if (!(item instanceof String affix)) {
        throw new TemplateFault(name + " needs strings, not '" + Types.name(item) + "'");
      }
      if (part != null && (start ? part.startsWith(affix) : part.endsWith(affix))) {
        return true;
      }
    }
    return false;
  }

  /** The part between two optional arguments; null when it would start beyond the text. */
  private static String range(String text, Arguments.Bound bound, int first) {
    if (bound.absent(first) && bound.absent(first + 1)) {
      return text;
    }
    int length = text.codePointCount(0, text.length());
    long start = bound.absent(first) ? 0 : bound.integer(first, 0);
    long end = bound.absent(first + 1) ? length : bound.integer(first + 1, 0);
    long from = start < 0 ? Math.max(0, start + length) : start;
    long to = Math.clamp(end < 0 ? end + length : end, 0, length);
    if (from > to) {
      return null;
    }
    int begin = text.offsetByCodePoints(0, (int) from);
    return text.substring(begin, text.offsetByCodePoints(begin, (int) (to - from)));
  }

  private static long find(
      RenderContext context, String text, Arguments arguments, boolean fromRight) {
    Arguments.Bound bound = arguments.bind(fromRight ? "rfind" : "find", 1, "sub", "start", "end");
    String part = range(text, bound, 1);
    if (part == null) {
      return -1;
    }
    String sub = bound.text(0, "");
    context.search(part, sub);
    int at = fromRight ? part.lastIndexOf(sub) : part.indexOf(sub);
    if (at < 0) {
      return -1;
    }
    long start = bound.absent(1) ? 0 : bound.integer(1, 0);
    long offset = start < 0 ? Math.max(0, start + text.codePointCount(0, text.length())) : start;
    return offset + part.codePointCount(0, at);
  }

  private static long index(
      RenderContext context, String text, Arguments arguments, boolean fromRight) {
    long at = find(context, text, arguments, fromRight);
    if (at < 0) {
      throw new TemplateFault("substring not found");
    }
    return at;
  }

  private static Object count(RenderContext context, String text, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("count", 1, "sub", "start", "end");
    String part = range(text, bound, 1);
    String sub = bound.text(0, "");
    if (part == null) {
      return 0L;
    }
    if (sub.isEmpty()) {
      return part.codePointCount(0, part.length()) + 1L;
    }
    context.search(part, sub);
    long count = 0;
    for (int at = part.indexOf(sub); at >= 0; at = part.indexOf(sub, at + sub.length())) {
      count++;
    }
    return count;
  }

  private static void addParts(Map<String, Method> methods) {
    methods.put("strip", strip("strip", true, true));
    methods.put("lstrip", strip("lstrip", true, false));
    methods.put("rstrip", strip("rstrip", false, true));
    methods.put("split", (context, text, arguments) -> split(context, text, arguments, false));
    methods.put("rsplit", (context, text, arguments) -> split(context, text, arguments, true));
    methods.put(
        "splitlines",
        (context, text, arguments) ->
            PythonText.splitLines(
                context, text, arguments.bind("splitlines", 0, "keepends").flag(0, false)));
    methods.put(
        "partition", (context, text, arguments) -> partition(context, text, arguments, false));
    methods.put(
        "rpartition", (context, text, arguments) -> partition(context, text, arguments, true));
    methods.put(
        "removeprefix",
        (context, text, arguments) -> {
          String prefix = arguments.bind("removeprefix", 1, "prefix").text(0, "");
          return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
        });
    methods.put(
        "removesuffix",
        (context, text, arguments) -> {
          String suffix = arguments.bind("removesuffix", 1, "suffix").text(0, "");
          return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
        });
    methods.put("join", StringMethods::join);
    methods.put("format", BraceFormat::format);
  }

  private static Method strip(String name, boolean left, boolean right) {
    return (context, text, arguments) -> {
      String characters = arguments.bind(name, 0, "chars").text(0, null);
      if (characters != null) {
        context.search(text, characters);
      }
      return PythonText.strip(text, characters, left, right);
    };
  }

  private static Object split(
      RenderContext context, String text, Arguments arguments, boolean fromRight) {
    Arguments.Bound bound = arguments.bind(fromRight ? "rsplit" : "split", 0, "sep", "maxsplit");
    String separator = bound.text(0, null);
    long limit = bound.integer(1, -1);
    if (separator == null) {
      return fromRight
          ? PythonText.splitSpaceRight(context, text, limit)
          : PythonText.splitSpace(context, text, limit);
    }
    return fromRight
        ? PythonText.splitRight(context, text, separator, limit)
        : PythonText.split(context, text, separator, limit);
  }

  private static Object partition(
      RenderContext context, String text, Arguments arguments, boolean fromRight) {
    String separator = arguments.bind(fromRight ? "rpartition" : "partition", 1, "sep").text(0, "");
    List<Object> parts =
        fromRight
            ? PythonText.splitRight(context, text, separator, 1)
            : PythonText.split(context, text, separator, 1);
    if (parts.size() == 2) {
      return Tuple.of(parts.getFirst(), separator, parts.getLast());
    }
    return fromRight ? Tuple.of("", "", text) : Tuple.of(text, "", "");
  }

  private static Object join(RenderContext context, String separator, Arguments arguments) {
    Object items = arguments.bind("join", 1, "iterable").value(0, null);
    Iterator<Object> iterator = Values.iterate(items);
    TextBuilder out = new TextBuilder(context);
    for (long i = 0; iterator.hasNext(); i++) {
      context.step();
      Object item = iterator.next();
      if (!(item instanceof String text)) {
        throw new TemplateFault(
            "join needs strings, but item %d is '%s'".formatted(i, Types.name(item)));
      }
      out.append(i == 0 ? "" : separator).append(text);
    }
    return out.toString();
  }

  private static void addPadding(Map<String, Method> methods) {
    methods.put("ljust", (context, text, arguments) -> pad(context, text, arguments, "ljust"));
    methods.put("rjust", (context, text, arguments) -> pad(context, text, arguments, "rjust"));
    methods.put("center", (context, text, arguments) -> pad(context, text, arguments, "center"));
    methods.put(
        "zfill",
        (context, text, arguments) -> {
          long width = arguments.bind("zfill", 1, "width").integer(0, 0);
          boolean signed = text.startsWith("-") || text.startsWith("+");
          TextBuilder out = new TextBuilder(context).append(signed ? text.substring(0, 1) : "");
          return out.repeat("0", width - Values.length(text))
              .append(signed ? text.substring(1) : text)
              .toString();
        });
    methods.put(
        "expandtabs",
        (context, text, arguments) ->
            expandTabs(context, text, arguments.bind("expandtabs", 0, "tabsize").integer(0, 8)));
  }

  private static Object pad(
      RenderContext context, String text, Arguments arguments, String method) {
    Arguments.Bound bound = arguments.bind(method, 1, "width", "fillchar");
    long width = bound.integer(0, 0);
    String fill = bound.text(1, " ");
    if (Values.length(fill) != 1) {
      throw new TemplateFault(method + " needs one fill character");
    }
    long margin = Math.max(0, width - Values.length(text));
    long left =
        switch (method) {
          case "ljust" -> 0;
          case "rjust" -> margin;
          // Python puts the odd space on the left when the width is odd.
          default -> margin / 2 + (margin & width & 1);
        };
    TextBuilder out = new TextBuilder(context).repeat(fill, left).append(text);
    return out.repeat(fill, margin - left).toString();
  }

  private static Object expandTabs(RenderContext context, String text, long size) {
    TextBuilder out = new TextBuilder(context);
    long column = 0;
    for (int i = 0; i < text.length(); i++) {
      char character = text.charAt(i);
      if (character == '\t') {
        long spaces = size <= 0 ? 0 : size - column % size;
        out.repeat(" ", spaces);
        column += spaces;
      } else {
        out.append(character);
        boolean lineEnd = character == '\n' || character == '\r';
        column = lineEnd ? 0 : column + (Character.isLowSurrogate(character) ? 0 : 1);
      }
    }
    return out.toString();
  }
}
