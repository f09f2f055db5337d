package dev.levin.formats.template;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;

/** Looks filters up by name. */
final class Filters {
  /** One filter: its input, and its arguments without the input. */
  @FunctionalInterface
  interface Filter {
    Object apply(RenderContext context, Object input, Arguments arguments);
  }

  private static final Map<String, Filter> FILTERS = filters();

  private Filters() {}

  static boolean exists(String name) {
    return FILTERS.containsKey(name);
  }

  static Object apply(RenderContext context, String name, Object input, Arguments arguments) {
    Filter filter = FILTERS.get(name);
    if (filter == null) {
      throw new TemplateFault("there is no filter '" + Repr.excerpt(name) + "'");
    }
    context.step();
    return filter.apply(context, input, arguments);
  }

  /** A number without its fraction, as Python's {@code int} gives it. */
  static Object truncated(Object number) {
    Object plain = Numbers.plain(number);
    if (!(plain instanceof Double value)) {
      return plain;
    }
    if (value.isNaN() || value.isInfinite()) {
      throw new TemplateFault("cannot make an integer of " + Repr.number(value));
    }
    return Numbers.normal(new BigDecimal(value).toBigInteger());
  }

  private static Map<String, Filter> filters() {
    Map<String, Filter> filters = new HashMap<>();
    TextFilters.register(filters);
    ValueFilters.register(filters);
    SequenceFilters.register(filters);
    OrderFilters.register(filters);
    return Map.copyOf(filters);
  }
}
