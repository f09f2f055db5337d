package dev.levin.formats.template;

import java.util.List;

/** What {@code cycler(...)} gives: walks its values again and again. */
final class Cycler {
  private final List<Object> values;
  private int position;

  Cycler(List<Object> values) {
    this.values = values;
  }

  /** Null for names a cycler does not have. */
  Object attribute(String name) {
    return switch (name) {
      case "current" -> values.get(position);
      case "next" ->
          (TemplateFunction)
              (context, arguments) -> {
                Object value = values.get(position);
                position = (position + 1) % values.size();
                return value;
              };
      case "reset" ->
          (TemplateFunction)
              (context, arguments) -> {
                position = 0;
                return null;
              };
      default -> null;
    };
  }
}
