package dev.levin.formats.template;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** C's {@code strftime} in the C locale, of a time without zone as Python's {@code now()} is. */
final class Strftime {
  private Strftime() {}

  /** The rendering clock's time. */
  static String format(RenderContext context, String format) {
    ZonedDateTime now = ZonedDateTime.now(context.clock());
    TextBuilder out = new TextBuilder(context);
    for (int i = 0; i < format.length(); i++) {
      char character = format.charAt(i);
      if (character != '%' || i + 1 == format.length()) {
        out.append(character);
        continue;
      }
      char flag = format.charAt(++i);
      boolean hasFlag = "-_0^".indexOf(flag) >= 0 && i + 1 < format.length();
      char directive = hasFlag ? format.charAt(++i) : flag;
      String text = directive(now, directive);
      if (text == null) {
        throw new TemplateFault("strftime_now does not know '%" + directive + "'");
      }
      out.append(hasFlag ? flagged(text, flag) : text);
    }
    return out.toString();
  }

  private static String flagged(String text, char flag) {
    if (flag == '^') {
      return text.toUpperCase(Locale.ROOT);
    }
    int zeros = 0;
    while (zeros < text.length() - 1 && (text.charAt(zeros) == '0' || text.charAt(zeros) == ' ')) {
      zeros++;
    }
    String pad = flag == '-' ? "" : flag == '_' ? " " : "0";
    return pad.repeat(zeros) + text.substring(zeros);
  }

  /** Null for what is no directive. */
  private static String directive(ZonedDateTime now, char directive) {
    return switch (directive) {
      case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b', 'h' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'c' -> of(now, "%a %b %e %H:%M:%S %Y");
      case 'x', 'D' -> of(now, "%m/%d/%y");
      case 'X', 'T' -> of(now, "%H:%M:%S");
      case 'R' -> of(now, "%H:%M");
      case 'r' -> of(now, "%I:%M:%S %p");
      case 'F' -> of(now, "%Y-%m-%d");
      case 'p' -> now.getHour() < 12 ? "AM" : "PM";
      case 'P' -> now.getHour() < 12 ? "am" : "pm";
      case 'z', 'Z' -> "";
      case 'n' -> "\n";
      case 't' -> "\t";
      case '%' -> "%";
      default -> number(now, directive);
    };
  }

  private static String of(ZonedDateTime now, String format) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char character = format.charAt(i);
      out.append(character == '%' ? directive(now, format.charAt(++i)) : String.valueOf(character));
    }
    return out.toString();
  }

  private static String number(ZonedDateTime now, char directive) {
    int dayOfYear = now.getDayOfYear();
    int weekday = now.getDayOfWeek().getValue();
    return switch (directive) {
      case 'Y' -> String.valueOf(now.getYear());
      case 'C' -> padded(now.getYear() / 100, 2);
      case 'y' -> padded(now.getYear() % 100, 2);
      case 'm' -> padded(now.getMonthValue(), 2);
      case 'd' -> padded(now.getDayOfMonth(), 2);
      case 'e' -> "%2d".formatted(now.getDayOfMonth());
      case 'j' -> padded(dayOfYear, 3);
      case 'H' -> padded(now.getHour(), 2);
      case 'k' -> "%2d".formatted(now.getHour());
      case 'I' -> padded(now.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2);
      case 'l' -> "%2d".formatted(now.get(ChronoField.CLOCK_HOUR_OF_AMPM));
      case 'M' -> padded(now.getMinute(), 2);
      case 'S' -> padded(now.getSecond(), 2);
      case 'f' -> padded(now.getNano() / 1000, 6);
      case 's' -> String.valueOf(now.toEpochSecond());
      case 'u' -> String.valueOf(weekday);
      case 'w' -> String.valueOf(weekday % 7);
      case 'U' -> padded((dayOfYear + 6 - weekday % 7) / 7, 2);
      case 'W' -> padded((dayOfYear + 6 - (weekday - 1)) / 7, 2);
      case 'V' -> padded(now.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
      case 'G' -> String.valueOf(now.get(IsoFields.WEEK_BASED_YEAR));
      case 'g' -> padded(now.get(IsoFields.WEEK_BASED_YEAR) % 100, 2);
      default -> null;
    };
  }

  private static String padded(int value, int width) {
    String digits = String.valueOf(value);
    return "0".repeat(Math.max(0, width - digits.length())) + digits;
  }
}
