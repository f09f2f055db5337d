package dev.levin.formats.template;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code 'text %s' % values}. */
final class PercentFormat {
  private static final Pattern DIRECTIVE =
      Pattern.compile("%(?:\\(([^)]*+)\\))?([-+ #0]*+)(\\d{1,9})?(?:\\.(\\d{1,9}))?([a-zA-Z%])?");

  private PercentFormat() {}

  static String format(RenderContext context, String template, Object values) {
    context.characters(template.length());
    List<Object> positional =
        values instanceof Tuple tuple ? tuple.items() : Collections.singletonList(values);
    TextBuilder out = new TextBuilder(context);
    Matcher matcher = DIRECTIVE.matcher(template);
    int copied = 0;
    int used = 0;
    while (matcher.find()) {
      context.step();
      out.append(template, copied, matcher.start());
      copied = matcher.end();
      if (matcher.group(5) == null) {
        throw new TemplateFault("a '%' in the format is not followed by a known letter");
      }
      if (matcher.group(5).equals("%")) {
        out.append('%');
      } else if (matcher.group(1) != null) {
        out.append(directive(context, matcher, named(values, matcher.group(1))));
      } else if (used < positional.size()) {
        out.append(directive(context, matcher, positional.get(used++)));
      } else {
        throw new TemplateFault("not enough values for the format");
      }
    }
    if (used < positional.size() && !(values instanceof Map<?, ?>)) {
      throw new TemplateFault("more values than the format takes");
    }
    return out.append(template, copied, template.length()).toString();
  }

  private static Object named(Object values, String name) {
    if (!(values instanceof Map<?, ?> map)) {
      throw new TemplateFault("the format needs a dictionary");
    }
    if (!map.containsKey(name)) {
      throw new TemplateFault("the format's value '" + Repr.excerpt(name) + "' is missing");
    }
    return map.get(name);
  }

  private static String directive(RenderContext context, Matcher matcher, Object value) {
    String flags = matcher.group(2);
    String width = matcher.group(3) == null ? "" : matcher.group(3);
    String precision = matcher.group(4) == null ? "" : "." + matcher.group(4);
    String align = flags.contains("-") ? "<" : ">";
    String letter = matcher.group(5);
    if (letter.equals("s") || letter.equals("r") || letter.equals("a")) {
      String text = letter.equals("s") ? Repr.text(context, value) : Repr.repr(context, value);
      return FormatSpec.format(context, text, align + width + precision);
    }
    Object number = number(letter, value);
    String sign = flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
    String alternate = flags.contains("#") ? "#" : "";
    boolean zeros = flags.contains("0") && !flags.contains("-");
    String type = letter.equals("i") || letter.equals("u") ? "d" : letter;
    String digits = type.equals("d") || Types.isInteger(number) ? "" : precision;
    return FormatSpec.format(
        context,
        number,
        (zeros ? "" : align) + sign + alternate + (zeros ? "0" : "") + width + digits + type);
  }

  private static Object number(String letter, Object value) {
    if (letter.equals("c") && value instanceof String text && Values.length(text) == 1) {
      return (long) text.codePointAt(0);
    }
    if (!Numbers.isNumeric(value)) {
      throw new TemplateFault(
          "'%%%s' needs a number, not '%s'".formatted(letter, Types.name(value)));
    }
    return switch (letter) {
      case "d", "i", "u" -> Filters.truncated(value);
      case "f", "F", "e", "E", "g", "G" -> Numbers.asDouble(value);
      default -> Numbers.plain(value);
    };
  }
}
