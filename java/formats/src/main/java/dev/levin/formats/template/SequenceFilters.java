package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Filters that pick from, change or cut sequences. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("first", SequenceFilters::first);
    filters.put("last", SequenceFilters::last);
    filters.put("list", SequenceFilters::list);
    filters.put("items", SequenceFilters::items);
    filters.put("reverse", SequenceFilters::reverse);
    filters.put("map", SequenceFilters::map);
    filters.put("select", (context, in, args) -> select(context, in, args, true, false));
    filters.put("reject", (context, in, args) -> select(context, in, args, false, false));
    filters.put("selectattr", (context, in, args) -> select(context, in, args, true, true));
    filters.put("rejectattr", (context, in, args) -> select(context, in, args, false, true));
    filters.put("batch", SequenceFilters::batch);
    filters.put("slice", SequenceFilters::slice);
  }

  private static Object first(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("first", 0);
    Iterator<Object> items = Values.iterate(input);
    return items.hasNext() ? items.next() : new Undefined("no first item, the sequence is empty");
  }

  private static Object last(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("last", 0);
    if (input instanceof String text) {
      return text.isEmpty()
          ? new Undefined("no last item, the sequence is empty")
          : Character.toString(text.codePointBefore(text.length()));
    }
    List<Object> items = reversible(context, input);
    return items.isEmpty() ? new Undefined("no last item, the sequence is empty") : items.getLast();
  }

  private static List<Object> reversible(RenderContext context, Object input) {
    if (input instanceof Undefined undefined) {
      throw undefined.fault();
    }
    if (input instanceof Generator) {
      throw new TemplateFault("'generator' object is not reversible");
    }
    return Values.list(context, input);
  }

  private static Object list(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("list", 0);
    return Values.list(context, input);
  }

  private static Object items(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("items", 0);
    if (input instanceof Undefined) {
      return new Generator(Collections.emptyIterator());
    }
    if (input instanceof Map<?, ?> map) {
      return new Generator(new DictView(DictView.Kind.ITEMS, map).iterator());
    }
    throw new TemplateFault("items needs a dictionary, not '" + Types.name(input) + "'");
  }

  private static Object reverse(RenderContext context, Object input, Arguments arguments) {
    arguments.bind("reverse", 0);
    if (input instanceof String text) {
      return Slices.slice(context, text, null, null, -1L);
    }
    List<Object> items = Values.list(context, input);
    return input instanceof Generator
        ? new ArrayList<>(items.reversed())
        : new Generator(items.reversed().iterator());
  }

  private static Object map(RenderContext context, Object input, Arguments arguments) {
    UnaryOperator<Object> change;
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      Arguments.Bound bound = arguments.bind("map", 0, "attribute", "default");
      AttributePath path = AttributePath.of(bound.value(0, null));
      change =
          item -> {
            Object value = path.get(context, item);
            return value instanceof Undefined && !bound.absent(1) ? bound.value(1, null) : value;
          };
    } else if (!arguments.positional().isEmpty()
        && arguments.positional().getFirst() instanceof String name) {
      Arguments rest = arguments.skip(1);
      change = item -> Filters.apply(context, name, item, rest);
    } else {
      throw new TemplateFault("map needs the name of a filter or an attribute");
    }
    Iterator<Object> items = Values.iterate(input);
    return new Generator(
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return items.hasNext();
          }

          @Override
          public Object next() {
            context.step();
            return change.apply(items.next());
          }
        });
  }

  /** {@code select}, {@code reject} and their variants on an attribute. */
  private static Object select(
      RenderContext context, Object input, Arguments arguments, boolean keep, boolean attribute) {
    AttributePath path = null;
    Arguments test = arguments;
    if (attribute) {
      if (arguments.positional().isEmpty()) {
        throw new TemplateFault("selectattr and rejectattr need the name of an attribute");
      }
      path = AttributePath.of(arguments.positional().getFirst());
      test = arguments.skip(1);
    }
    Predicate<Object> predicate = predicate(context, test);
    AttributePath found = path;
    Predicate<Object> onItem =
        item -> predicate.test(found == null ? item : found.get(context, item)) == keep;
    return new Generator(filtered(context, Values.iterate(input), onItem));
  }

  private static Predicate<Object> predicate(RenderContext context, Arguments arguments) {
    if (arguments.positional().isEmpty()) {
      return Values::truth;
    }
    if (!(arguments.positional().getFirst() instanceof String name)) {
      throw new TemplateFault("a test is named by a string");
    }
    Arguments rest = arguments.skip(1);
    return item -> Tests.apply(context, name, item, rest);
  }

  private static Iterator<Object> filtered(
      RenderContext context, Iterator<Object> items, Predicate<Object> predicate) {
    return new Iterator<>() {
      private Object found;
      private boolean ready;

      @Override
      public boolean hasNext() {
        while (!ready && items.hasNext()) {
          context.step();
          found = items.next();
          ready = predicate.test(found);
        }
        return ready;
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        ready = false;
        return found;
      }
    };
  }

  private static Object batch(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("batch", 1, "linecount", "fill_with");
    long size = bound.integer(0, 1);
    if (size < 1) {
      throw new TemplateFault("batch needs a positive count");
    }
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (Object item : Values.list(context, input)) {
      if (batch.size() == size) {
        batches.add(batch);
        batch = new ArrayList<>();
      }
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      fill(context, batch, size, bound);
      batches.add(batch);
    }
    return new Generator(batches.iterator());
  }

  private static void fill(
      RenderContext context, List<Object> items, long size, Arguments.Bound bound) {
    if (!bound.absent(1)) {
      context.steps(size);
      while (items.size() < size) {
        items.add(bound.value(1, null));
      }
    }
  }

  private static Object slice(RenderContext context, Object input, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("slice", 1, "slices", "fill_with");
    List<Object> items = Values.list(context, input);
    long slices = bound.integer(0, 1);
    if (slices < 1) {
      throw new TemplateFault("slice needs a positive count");
    }
    context.steps(slices);
    int size = (int) (items.size() / slices);
    int larger = (int) (items.size() % slices);
    List<Object> result = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < slices; i++) {
      int end = start + size + (i < larger ? 1 : 0);
      List<Object> slice = new ArrayList<>(items.subList(start, end));
      if (i >= larger) {
        fill(context, slice, slice.size() + 1L, bound);
      }
      result.add(slice);
      start = end;
    }
    return new Generator(result.iterator());
  }
}
