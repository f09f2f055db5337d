package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Filters that compare the items of a sequence. */
final class OrderFilters {
  private OrderFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("sort", OrderFilters::sort);
    filters.put("dictsort", OrderFilters::dictSort);
    filters.put("unique", OrderFilters::unique);
    filters.put("groupby", OrderFilters::groupBy);
    filters.put("min", (context, input, arguments) -> extreme(context, input, arguments, "min"));
    filters.put("max", (context, input, arguments) -> extreme(context, input, arguments, "max"));
  }

  /** What an item is compared by. */
  private record Key(RenderContext context, List<AttributePath> paths, boolean caseSensitive) {
    static Key of(RenderContext context, Object attribute, boolean caseSensitive) {
      return new Key(
          context,
          attribute == null ? List.of() : List.of(AttributePath.of(attribute)),
          caseSensitive);
    }

    Object of(Object item) {
      if (paths.isEmpty()) {
        return fold(item);
      }
      if (paths.size() == 1) {
        return fold(paths.getFirst().get(context, item));
      }
      List<Object> keys = new ArrayList<>();
      for (AttributePath path : paths) {
        keys.add(fold(path.get(context, item)));
      }
      return keys;
    }

    private Object fold(Object value) {
      return !caseSensitive && value instanceof String text
          ? context.made(text.toLowerCase(Locale.ROOT))
          : value;
    }
  }

  /** An item with its key, which is computed once. */
  private record Keyed(Object key, Object item) {}

  private static List<Keyed> keyed(RenderContext context, Iterator<Object> items, Key key) {
    List<Keyed> keyed = new ArrayList<>();
    while (items.hasNext()) {
      context.step();
      Object item = items.next();
      keyed.add(new Keyed(key.of(item), item));
    }
    return keyed;
  }

  private static void sort(RenderContext context, List<Keyed> items, boolean reverse) {
    Comparator<Keyed> order = (a, b) -> Integer.signum(orderOf(context, a.key(), b.key()));
    Comparison.sort(items, reverse ? order.reversed() : order);
  }

  private static int orderOf(RenderContext context, Object left, Object right) {
    int order = Comparison.order(context, left, right, "<");
    return order == Comparison.UNORDERED ? 0 : order;
  }

  private static List<Object> items(List<Keyed> keyed) {
    List<Object> items = new ArrayList<>(keyed.size());
    for (Keyed entry : keyed) {
      items.add(entry.item());
    }
    return items;
  }

  private static Object sort(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("sort", 0, "reverse", "case_sensitive", "attribute");
    List<AttributePath> paths = new ArrayList<>();
    if (bound.value(2, null) instanceof String list) {
      for (String attribute : list.split(",", -1)) {
        paths.add(AttributePath.of(attribute));
      }
    } else if (!bound.absent(2)) {
      paths.add(AttributePath.of(bound.value(2, null)));
    }
    Key key = new Key(context, paths, bound.flag(1, false));
    List<Keyed> keyed = keyed(context, Values.iterate(input), key);
    sort(context, keyed, bound.flag(0, false));
    return items(keyed);
  }

  private static Object dictSort(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("dictsort", 0, "case_sensitive", "by", "reverse");
    String by = bound.text(1, "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw new TemplateFault("dictsort sorts by 'key' or 'value'");
    }
    if (!(input instanceof Map<?, ?> map)) {
      throw new TemplateFault("dictsort needs a dictionary, not '" + Types.name(input) + "'");
    }
    Key key = Key.of(context, by.equals("key") ? 0L : 1L, bound.flag(0, false));
    List<Keyed> keyed = keyed(context, new DictView(DictView.Kind.ITEMS, map).iterator(), key);
    sort(context, keyed, bound.flag(2, false));
    return items(keyed);
  }

  private static Object unique(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("unique", 0, "case_sensitive", "attribute");
    Key key = Key.of(context, bound.value(1, null), bound.flag(0, false));
    List<Object> seen = new ArrayList<>();
    List<Object> unique = new ArrayList<>();
    for (Keyed entry : keyed(context, Values.iterate(input), key)) {
      Values.key(context, entry.key());
      if (!Values.contains(context, seen, entry.key())) {
        seen.add(entry.key());
        unique.add(entry.item());
      }
    }
    return new Generator(unique.iterator());
  }

  private static Object groupBy(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("groupby", 1, "attribute", "default", "case_sensitive");
    Key key = Key.of(context, bound.value(0, null), bound.flag(2, false));
    AttributePath path = AttributePath.of(bound.value(0, null));
    List<Keyed> keyed = new ArrayList<>();
    for (Keyed entry : keyed(context, Values.iterate(input), key)) {
      boolean fill = entry.key() instanceof Undefined && !bound.absent(1);
      keyed.add(fill ? new Keyed(bound.value(1, null), entry.item()) : entry);
    }
    sort(context, keyed, false);
    List<Object> groups = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= keyed.size(); i++) {
      boolean ends =
          i == keyed.size()
              || !Comparison.equal(context, keyed.get(i).key(), keyed.get(start).key());
      if (ends) {
        Object first = path.get(context, keyed.get(start).item());
        Object name = first instanceof Undefined ? keyed.get(start).key() : first;
        List<Object> members = items(keyed.subList(start, i));
        groups.add(new Tuple(Tuple.of(name, members).items(), List.of("grouper", "list")));
        start = i;
      }
    }
    return groups;
  }

  private static Object extreme(
      RenderContext context, Object input, Arguments arguments, String name) {
    Arguments.Bound bound = arguments.bind(name, 0, "case_sensitive", "attribute");
    Key key = Key.of(context, bound.value(1, null), bound.flag(0, false));
    List<Keyed> keyed = keyed(context, Values.iterate(input), key);
    if (keyed.isEmpty()) {
      return new Undefined("no " + name + "imum, the sequence is empty");
    }
    String operator = name.equals("min") ? "<" : ">";
    Keyed best = keyed.getFirst();
    for (Keyed candidate : keyed.subList(1, keyed.size())) {
      if (Comparison.holds(context, operator, candidate.key(), best.key())) {
        best = candidate;
      }
    }
    return best.item();
  }
}
