package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Truth, size and contents of values, as Python has them. */
final class Values {
  private Values() {}

  static boolean truth(Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Tuple tuple -> !tuple.items().isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case DictView view -> !view.map().isEmpty();
      case Undefined undefined -> false;
      case LoopContext loop -> loop.length() > 0;
      default -> true;
    };
  }

  /** Python's {@code len}: code points of a string, entries of a dictionary. */
  static long length(Object value) {
    return switch (value) {
      case String text -> text.codePointCount(0, text.length());
      case List<?> list -> list.size();
      case Tuple tuple -> tuple.items().size();
      case Map<?, ?> map -> map.size();
      case DictView view -> view.map().size();
      case Undefined undefined -> 0;
      case LoopContext loop -> loop.length();
      case null -> throw new TemplateFault("none has no length");
      default ->
          throw new TemplateFault("object of type '" + Types.name(value) + "' has no length");
    };
  }

  static boolean isIterable(Object value) {
    return value instanceof String
        || value instanceof List<?>
        || value instanceof Tuple
        || value instanceof Map<?, ?>
        || value instanceof DictView
        || value instanceof Generator
        || value instanceof Undefined
        || value instanceof LoopContext;
  }

  /** Walks a value: code points of a string, keys of a dictionary, nothing of an undefined. */
  static Iterator<Object> iterate(Object value) {
    return switch (value) {
      case String text -> codePoints(text);
      case List<?> list -> Collections.<Object>unmodifiableList(list).iterator();
      case Tuple tuple -> tuple.items().iterator();
      case Map<?, ?> map -> new DictView(DictView.Kind.KEYS, map).iterator();
      case DictView view -> view.iterator();
      case Generator generator -> generator.iterator();
      case Undefined undefined -> Collections.emptyIterator();
      case LoopContext loop -> loop.remaining();
      case null -> throw new TemplateFault("none is not iterable");
      default -> throw new TemplateFault("'" + Types.name(value) + "' object is not iterable");
    };
  }

  /** A new list of what {@link #iterate} walks. */
  static List<Object> list(RenderContext context, Object value) {
    List<Object> list = new ArrayList<>();
    Iterator<Object> iterator = iterate(value);
    while (iterator.hasNext()) {
      context.step();
      list.add(iterator.next());
    }
    return list;
  }

  /** Python's {@code in}. */
  static boolean contains(RenderContext context, Object container, Object value) {
    if (container instanceof String text) {
      if (value instanceof String part) {
        context.search(text, part);
        return text.contains(part);
      }
      throw value instanceof Undefined undefined
          ? undefined.fault()
          : new TemplateFault(
              "'in <string>' needs a string on its left, not '" + Types.name(value) + "'");
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(key(context, value));
    }
    if (container instanceof DictView view && view.kind() == DictView.Kind.KEYS) {
      return view.map().containsKey(key(context, value));
    }
    if (!isIterable(container)) {
      throw new TemplateFault("'" + Types.name(container) + "' object holds nothing to look in");
    }
    Iterator<Object> iterator = iterate(container);
    while (iterator.hasNext()) {
      context.step();
      if (Comparison.equal(context, iterator.next(), value)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a value can be a dictionary's key: scalars and tuples of them. Deeper tuples, which
   * Python allows, may share parts so that hashing them never ends.
   */
  static boolean isKey(Object value) {
    if (!(value instanceof Tuple tuple)) {
      return isScalar(value);
    }
    for (Object item : tuple.items()) {
      if (!isScalar(item)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isScalar(Object value) {
    return value == null
        || value instanceof String
        || value instanceof Undefined
        || Numbers.isNumeric(value);
  }

  /** A value as a dictionary's key. */
  static Object key(RenderContext context, Object value) {
    if (!isKey(value)) {
      throw new TemplateFault("this '" + Types.name(value) + "' cannot be a dictionary key");
    }
    // Finding a key compares it with one that has the same hash.
    context.characters(value instanceof String text ? text.length() : 0);
    return value;
  }

  private static Iterator<Object> codePoints(String text) {
    return new Iterator<>() {
      private int at;

      @Override
      public boolean hasNext() {
        return at < text.length();
      }

      @Override
      public Object next() {
        int start = at;
        at = text.offsetByCodePoints(at, 1);
        return text.substring(start, at);
      }
    };
  }
}
