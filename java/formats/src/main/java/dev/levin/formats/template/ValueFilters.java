package dev.levin.formats.template;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;

/** Filters on single values and numbers. */
final class ValueFilters {
  private ValueFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("default", ValueFilters::fallback);
    filters.put("d", ValueFilters::fallback);
    filters.put("length", ValueFilters::length);
    filters.put("count", ValueFilters::length);
    filters.put("int", ValueFilters::integer);
    filters.put("float", ValueFilters::floating);
    filters.put("round", ValueFilters::round);
    filters.put("abs", ValueFilters::absolute);
    filters.put("sum", ValueFilters::sum);
    filters.put("attr", ValueFilters::attribute);
  }

  private static Object fallback(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("default", 0, "default_value", "boolean");
    boolean missing = input instanceof Undefined || bound.flag(1, false) && !Values.truth(input);
    return missing ? bound.value(0, "") : input;
  }

  private static Object length(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("length", 0);
    if (input instanceof String text) {
      context.characters(text.length());
    }
    return Values.length(input);
  }

  private static Object integer(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("int", 0, "default", "base");
    Object fallback = bound.value(0, 0L);
    if (input instanceof String text) {
      context.characters(2L * text.length());
      Object whole = wholeNumber(text, Math.clamp(bound.integer(1, 10), 0, 37));
      if (whole != null) {
        return whole;
      }
      Double real = realNumber(text);
      boolean finite = real != null && !real.isNaN() && !real.isInfinite();
      return finite ? Filters.truncated(real) : fallback;
    }
    refuseUndefined(input);
    boolean finite =
        Numbers.isNumeric(input) && !(input instanceof Double real && !Double.isFinite(real));
    return finite ? Filters.truncated(input) : fallback;
  }

  private static void refuseUndefined(Object input) {
    if (input instanceof Undefined undefined) {
      throw undefined.fault();
    }
  }

  /** Python's {@code int(text, base)}; null when the text is no such number. */
  private static Object wholeNumber(String text, int base) {
    String digits = PythonText.strip(text, null, true, true).toLowerCase(Locale.ROOT);
    String sign = digits.startsWith("-") || digits.startsWith("+") ? digits.substring(0, 1) : "";
    digits = digits.substring(sign.length());
    int radix = base;
    for (String prefix : new String[] {"0x", "0o", "0b"}) {
      int named = prefix.equals("0x") ? 16 : prefix.equals("0o") ? 8 : 2;
      if (digits.startsWith(prefix) && (base == named || base == 0)) {
        digits = digits.substring(2);
        radix = named;
      }
    }
    radix = radix == 0 ? 10 : radix;
    boolean misplaced = digits.startsWith("_") || digits.endsWith("_") || digits.contains("__");
    if (misplaced || radix < 2 || radix > 36 || digits.startsWith("-") || digits.startsWith("+")) {
      return null;
    }
    return Numbers.parseInteger(sign.replace("+", "") + digits.replace("_", ""), radix);
  }

  /** Python's {@code float(text)}; null when the text is no number. */
  private static Double realNumber(String text) {
    String number = PythonText.strip(text, null, true, true).toLowerCase(Locale.ROOT);
    switch (number) {
      case "inf", "+inf", "infinity", "+infinity" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "-inf", "-infinity" -> {
        return Double.NEGATIVE_INFINITY;
      }
      case "nan", "+nan", "-nan" -> {
        return Double.NaN;
      }
      default -> {
        // Java alone knows hexadecimal floats and the suffixes f and d.
        boolean decimal = number.chars().allMatch(c -> "0123456789+-.e_".indexOf(c) >= 0);
        try {
          return decimal ? Double.valueOf(number.replace("_", "")) : null;
        } catch (NumberFormatException e) {
          return null;
        }
      }
    }
  }

  private static Object floating(RenderContext context, Object input, Arguments arguments) {
    Object fallback = arguments.bind("float", 0, "default").value(0, 0.0);
    refuseUndefined(input);
    if (Numbers.isNumeric(input)) {
      return Numbers.asDouble(input);
    }
    context.characters(input instanceof String text ? text.length() : 0);
    Double real = input instanceof String text ? realNumber(text) : null;
    return real == null ? fallback : real;
  }

  private static Object round(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("round", 0, "precision", "method");
    int precision = Math.clamp(bound.integer(0, 0), -400, 400);
    String method = bound.text(1, "common");
    if (!method.equals("common") && !method.equals("ceil") && !method.equals("floor")) {
      throw new TemplateFault("round knows the methods common, ceil and floor");
    }
    refuseUndefined(input);
    if (!Numbers.isNumeric(input)) {
      throw new TemplateFault("round needs a number, not '" + Types.name(input) + "'");
    }
    if (!method.equals("common")) {
      double scale = Math.pow(10, precision);
      double scaled = Numbers.asDouble(input) * scale;
      return (method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
    }
    Object plain = Numbers.plain(input);
    if (!(plain instanceof Double real)) {
      BigDecimal whole = new BigDecimal(Numbers.big(plain));
      return precision >= 0
          ? plain
          : Numbers.normal(whole.setScale(precision, RoundingMode.HALF_EVEN).toBigInteger());
    }
    return Double.isFinite(real) ? roundHalfEven(real, precision) : real;
  }

  private static Object roundHalfEven(double real, int precision) {
    double rounded = new BigDecimal(real).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
    return rounded == 0 ? Math.copySign(0.0, real) : rounded;
  }

  private static Object absolute(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("abs", 0);
    refuseUndefined(input);
    if (!Numbers.isNumeric(input)) {
      throw new TemplateFault("abs needs a number, not '" + Types.name(input) + "'");
    }
    return Numbers.absolute(input);
  }

  private static Object sum(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("sum", 0, "attribute", "start");
    AttributePath path = bound.absent(0) ? null : AttributePath.of(bound.value(0, null));
    Object sum = bound.value(1, 0L);
    if (sum instanceof String) {
      throw new TemplateFault("sum does not join strings; use join");
    }
    Iterator<Object> items = Values.iterate(input);
    while (items.hasNext()) {
      context.step();
      Object item = items.next();
      sum = Operators.apply(context, "+", sum, path == null ? item : path.get(context, item));
    }
    return sum;
  }

  private static Object attribute(RenderContext context, Object input, Arguments arguments) {
    return Members.attributeOnly(input, arguments.bind("attr", 1, "name").text(0, ""));
  }
}
