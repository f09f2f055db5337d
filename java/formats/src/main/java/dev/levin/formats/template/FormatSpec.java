package dev.levin.formats.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Python's format specifications: {@code [[fill]align][sign][#][0][width][,][.precision][type]}.
 */
final class FormatSpec {
  private static final Pattern SYNTAX =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{1,9})?([,_])?(?:\\.(\\d{1,9}))?([a-zA-Z%])?",
          Pattern.DOTALL);

  private static final int MAX_PRECISION = 1000;

  private final RenderContext context;
  private final String fill;
  private final char align;
  private final String sign;
  private final boolean alternate;
  private final long width;
  private final String grouping;
  private final int precision;
  private final char type;

  private FormatSpec(RenderContext context, Matcher parts, boolean leftByDefault) {
    boolean zeros = parts.group(5) != null;
    this.context = context;
    this.fill = parts.group(1) != null ? parts.group(1) : zeros ? "0" : " ";
    this.align =
        parts.group(2) != null ? parts.group(2).charAt(0) : leftByDefault ? '<' : zeros ? '=' : '>';
    this.sign = parts.group(3) == null ? "-" : parts.group(3);
    this.alternate = parts.group(4) != null;
    this.width = parts.group(6) == null ? 0 : Long.parseLong(parts.group(6));
    this.grouping = parts.group(7);
    this.precision = parts.group(8) == null ? -1 : Integer.parseInt(parts.group(8));
    this.type = parts.group(9) == null ? 0 : parts.group(9).charAt(0);
  }

  static String format(RenderContext context, Object value, String spec) {
    if (spec.isEmpty()) {
      return Repr.text(context, value);
    }
    Matcher matcher = SYNTAX.matcher(spec);
    if (!matcher.matches()) {
      throw new TemplateFault("invalid format '" + Repr.excerpt(spec) + "'");
    }
    boolean isNumber = Numbers.isNumeric(value);
    FormatSpec format = new FormatSpec(context, matcher, !isNumber);
    if (!isNumber) {
      return format.text(value);
    }
    return format.number(value);
  }

  private String text(Object value) {
    if (!(value instanceof String text) || type != 0 && type != 's') {
      throw wrongType(value);
    }
    int length = (int) Values.length(text);
    boolean cut = precision >= 0 && precision < length;
    return pad("", cut ? text.substring(0, text.offsetByCodePoints(0, precision)) : text);
  }

  private String number(Object value) {
    if (precision > MAX_PRECISION) {
      throw new TemplateFault("a precision above " + MAX_PRECISION + " is not supported");
    }
    Object plain = Numbers.plain(value);
    boolean isInteger = Types.isInteger(plain);
    String digits =
        switch (type) {
          case 0 -> isInteger ? plain.toString() : shortest((Double) plain);
          case 'd', 'n' -> {
            if (!isInteger) {
              throw wrongType(value);
            }
            yield plain.toString();
          }
          case 'x', 'X', 'o', 'b', 'c' -> {
            if (!isInteger) {
              throw wrongType(value);
            }
            yield based(Numbers.big(plain));
          }
          case 'e', 'E', 'f', 'F', 'g', 'G', '%' -> real(Numbers.asDouble(plain));
          default -> throw wrongType(value);
        };
    boolean negative = digits.startsWith("-");
    String magnitude = group(negative ? digits.substring(1) : digits);
    return pad(negative ? "-" : sign.equals("-") ? "" : sign, magnitude);
  }

  private String shortest(double value) {
    return precision < 0 ? Repr.number(value) : general(value, precision, true);
  }

  private String based(BigInteger value) {
    if (type == 'c') {
      int codePoint = value.bitLength() < 32 ? value.intValue() : -1;
      if (!Character.isValidCodePoint(codePoint)) {
        throw new TemplateFault("the format 'c' needs a code point");
      }
      return Character.toString(codePoint);
    }
    int radix = type == 'b' ? 2 : type == 'o' ? 8 : 16;
    String digits = value.abs().toString(radix);
    String prefixed = (alternate ? "0" + Character.toLowerCase(type) : "") + digits;
    String cased = type == 'X' ? prefixed.toUpperCase(Locale.ROOT) : prefixed;
    return value.signum() < 0 ? "-" + cased : cased;
  }

  private String real(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return Repr.number(value);
    }
    int digits = precision < 0 ? 6 : precision;
    String text =
        switch (type) {
          case 'f', 'F' -> fixed(value, digits);
          case '%' -> fixed(value * 100, digits) + "%";
          case 'e', 'E' -> scientific(value, digits, 'e');
          default -> general(value, digits, false);
        };
    return Character.isUpperCase(type) ? text.toUpperCase(Locale.ROOT) : text;
  }

  private static String fixed(double value, int digits) {
    String text = new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    return 1 / value < 0 && !text.startsWith("-") ? "-" + text : text;
  }

  private static String scientific(double value, int digits, char letter) {
    if (value == 0) {
      return fixed(value, digits) + letter + "+00";
    }
    BigDecimal exact = new BigDecimal(value);
    BigDecimal rounded = exact.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    String mantissa =
        rounded.movePointLeft(exponent).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    return mantissa + letter + (exponent < 0 ? "-" : "+") + power;
  }

  /** The format {@code g}; without a type a float keeps one digit after the point. */
  private static String general(double value, int wanted, boolean keepPoint) {
    int digits = Math.max(1, wanted);
    if (value == 0) {
      return keepPoint ? Repr.number(value) : 1 / value < 0 ? "-0" : "0";
    }
    BigDecimal rounded =
        new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    if (exponent < -4 || exponent >= digits) {
      String text = scientific(value, digits - 1, 'e');
      int letter = text.indexOf('e');
      return trimZeros(text.substring(0, letter)) + text.substring(letter);
    }
    String plain = trimZeros(rounded.toPlainString());
    return keepPoint && plain.indexOf('.') < 0 ? plain + ".0" : plain;
  }

  private static String trimZeros(String digits) {
    return digits.indexOf('.') < 0 ? digits : digits.replaceAll("\\.?0+$", "");
  }

  private String group(String digits) {
    if (grouping == null) {
      return digits;
    }
    int end = 0;
    while (end < digits.length() && Character.isDigit(digits.charAt(end))) {
      end++;
    }
    StringBuilder grouped = new StringBuilder(digits);
    for (int at = end - 3; at > 0; at -= 3) {
      grouped.insert(at, grouping);
    }
    return grouped.toString();
  }

  private String pad(String signText, String body) {
    long margin = Math.max(0, width - Values.length(body) - signText.length());
    TextBuilder out = new TextBuilder(context);
    switch (align) {
      case '=' -> out.append(signText).repeat(fill, margin).append(body);
      case '<' -> out.append(signText).append(body).repeat(fill, margin);
      case '^' ->
          out.repeat(fill, margin / 2)
              .append(signText)
              .append(body)
              .repeat(fill, margin - margin / 2);
      default -> out.repeat(fill, margin).append(signText).append(body);
    }
    return out.toString();
  }

  private TemplateFault wrongType(Object value) {
    return new TemplateFault(
        "the format '%s' does not fit '%s'".formatted(type == 0 ? "" : type, Types.name(value)));
  }
}
