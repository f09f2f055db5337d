package dev.levin.formats.template;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Evaluated arguments of a call. */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  private static final Object ABSENT = new Object();

  static Arguments of(Object... positional) {
    return new Arguments(Arrays.asList(positional), Map.of());
  }

  /** These arguments and one more. */
  Arguments with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(named);
    more.put(name, value);
    return new Arguments(positional, more);
  }

  /** The arguments after the first {@code count} positional ones. */
  Arguments skip(int count) {
    return new Arguments(positional.subList(count, positional.size()), named);
  }

  /**
   * Matches the arguments with parameter names.
   *
   * @param required how many of the names must be given
   */
  Bound bind(String callee, int required, String... names) {
    if (positional.size() > names.length) {
      throw new TemplateFault(
          "%s takes at most %d arguments, %d given"
              .formatted(callee, names.length, positional.size()));
    }
    Object[] values = new Object[names.length];
    int matched = 0;
    for (int i = 0; i < names.length; i++) {
      values[i] = i < positional.size() ? positional.get(i) : ABSENT;
      if (values[i] == ABSENT && named.containsKey(names[i])) {
        values[i] = named.get(names[i]);
        matched++;
      }
      if (values[i] == ABSENT && i < required) {
        throw new TemplateFault("%s needs an argument '%s'".formatted(callee, names[i]));
      }
    }
    if (matched < named.size()) {
      throw unexpected(callee, names);
    }
    return new Bound(callee, names, values);
  }

  private TemplateFault unexpected(String callee, String[] names) {
    for (String name : named.keySet()) {
      int at = List.of(names).indexOf(name);
      if (at < 0) {
        return new TemplateFault("%s has no argument '%s'".formatted(callee, Repr.excerpt(name)));
      }
      if (at < positional.size()) {
        return new TemplateFault("%s got two values for '%s'".formatted(callee, name));
      }
    }
    throw new AssertionError("all arguments matched");
  }

  /** Arguments in the order of their parameters, with the conversions that callees need. */
  record Bound(String callee, String[] names, Object[] values) {
    boolean has(int index) {
      return values[index] != ABSENT;
    }

    /** Not given, or given as none. */
    boolean absent(int index) {
      return values[index] == ABSENT || values[index] == null;
    }

    Object value(int index, Object fallback) {
      return has(index) ? values[index] : fallback;
    }

    boolean flag(int index, boolean fallback) {
      return has(index) ? Values.truth(values[index]) : fallback;
    }

    long integer(int index, long fallback) {
      if (!has(index)) {
        return fallback;
      }
      if (values[index] instanceof Long number) {
        return number;
      }
      if (values[index] instanceof Boolean flag) {
        return flag ? 1 : 0;
      }
      throw wrong(index, "a 64-bit integer");
    }

    /** A string; none counts as not given. */
    String text(int index, String fallback) {
      if (absent(index)) {
        return fallback;
      }
      if (values[index] instanceof String text) {
        return text;
      }
      throw wrong(index, "a string");
    }

    private TemplateFault wrong(int index, String expected) {
      Object value = values[index];
      return value instanceof Undefined undefined
          ? undefined.fault()
          : new TemplateFault(
              "argument '%s' of %s must be %s, not '%s'"
                  .formatted(names[index], callee, expected, Types.name(value)));
    }
  }
}
