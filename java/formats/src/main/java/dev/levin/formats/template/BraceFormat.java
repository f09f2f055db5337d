package dev.levin.formats.template;

/** Python's {@code '{} {name}'.format(...)}. */
final class BraceFormat {
  private final RenderContext context;
  private final Arguments arguments;
  private final TextBuilder out;
  private int automatic;

  private BraceFormat(RenderContext context, Arguments arguments) {
    this.context = context;
    this.arguments = arguments;
    this.out = new TextBuilder(context);
  }

  static String format(RenderContext context, String template, Arguments arguments) {
    return new BraceFormat(context, arguments).run(template);
  }

  private String run(String template) {
    int at = 0;
    while (at < template.length()) {
      char next = template.charAt(at);
      boolean brace = next == '{' || next == '}';
      if (brace && at + 1 < template.length() && template.charAt(at + 1) == next) {
        out.append(next);
        at += 2;
      } else if (next == '{') {
        at = field(template, at + 1);
      } else if (next == '}') {
        throw new TemplateFault("the format has a single '}'");
      } else {
        out.append(next);
        at++;
      }
    }
    return out.toString();
  }

  /** Writes the field that begins at {@code start}; gives the position after its brace. */
  private int field(String template, int start) {
    context.step();
    int end = template.indexOf('}', start);
    int nested = template.indexOf('{', start);
    if (end < 0) {
      throw new TemplateFault("the format has a single '{'");
    }
    if (nested >= 0 && nested < end) {
      throw new TemplateFault("fields inside of a format's fields are not supported");
    }
    String field = template.substring(start, end);
    int colon = field.indexOf(':');
    String spec = colon < 0 ? "" : field.substring(colon + 1);
    String name = colon < 0 ? field : field.substring(0, colon);
    int conversion = name.indexOf('!');
    Object value = lookUp(conversion < 0 ? name : name.substring(0, conversion));
    if (conversion >= 0) {
      value = convert(value, name.substring(conversion + 1));
    }
    out.append(FormatSpec.format(context, value, spec));
    return end + 1;
  }

  private Object convert(Object value, String conversion) {
    return switch (conversion) {
      case "s" -> Repr.text(context, value);
      case "r", "a" -> Repr.repr(context, value);
      default -> throw new TemplateFault("a format converts with !s, !r or !a");
    };
  }

  /** {@code name.attribute[key]}. */
  private Object lookUp(String path) {
    int end = nameEnd(path, 0);
    Object value = argument(path.substring(0, end));
    while (end < path.length()) {
      if (path.charAt(end) == '.') {
        int next = nameEnd(path, end + 1);
        value = Members.attribute(value, path.substring(end + 1, next));
        end = next;
      } else {
        int close = path.indexOf(']', end);
        if (close < 0) {
          throw new TemplateFault("the format has a '[' without ']'");
        }
        String key = path.substring(end + 1, close);
        Object index = isIndex(key) ? Numbers.parseInteger(key, 10) : key;
        value = Members.item(context, value, index);
        end = close + 1;
      }
    }
    return value;
  }

  private static int nameEnd(String path, int from) {
    int end = from;
    while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
      end++;
    }
    return end;
  }

  private static boolean isIndex(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private Object argument(String name) {
    if (!name.isEmpty() && !isIndex(name)) {
      if (!arguments.named().containsKey(name)) {
        throw new TemplateFault("the format's value '" + Repr.excerpt(name) + "' is missing");
      }
      return arguments.named().get(name);
    }
    Object index = name.isEmpty() ? (Long) (long) automatic++ : Numbers.parseInteger(name, 10);
    if (index instanceof Long at && at < arguments.positional().size()) {
      return arguments.positional().get(at.intValue());
    }
    throw new TemplateFault("not enough values for the format");
  }
}
