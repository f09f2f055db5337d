package dev.levin.formats.template;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code value.name} and {@code value[key]}. As in Jinja a dot prefers methods to dictionary keys
 * and brackets prefer keys to methods. Methods that would change a value do not exist here.
 */
final class Members {
  private static final Set<String> DICT_CHANGES =
      Set.of("clear", "pop", "popitem", "setdefault", "update");
  private static final Set<String> LIST_CHANGES =
      Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");

  private Members() {}

  static Object attribute(Object target, String name) {
    if (target instanceof Undefined undefined) {
      throw undefined.fault();
    }
    Object own = method(target, name);
    if (own != null) {
      return own;
    }
    if (target instanceof LoopContext loop) {
      return loop.attribute(name);
    }
    Map<?, ?> entries =
        target instanceof Namespace namespace
            ? namespace.attributes()
            : target instanceof Map<?, ?> map ? map : Map.of();
    return entries.containsKey(name) ? entries.get(name) : Undefined.member(target, name);
  }

  /** As the filter {@code attr}: methods and attributes, never dictionary keys. */
  static Object attributeOnly(Object target, String name) {
    if (target instanceof Map<?, ?>) {
      Object own = method(target, name);
      return own == null ? Undefined.member(target, name) : own;
    }
    return attribute(target, name);
  }

  static Object item(RenderContext context, Object target, Object key) {
    if (target instanceof Undefined undefined) {
      throw undefined.fault();
    }
    if (target instanceof Map<?, ?> map) {
      if (Values.isKey(key) && map.containsKey(Values.key(context, key))) {
        return map.get(key);
      }
    } else if (Numbers.plain(key) instanceof Long index) {
      return element(context, target, index);
    }
    return key instanceof String name ? namedItem(target, name) : Undefined.member(target, key);
  }

  private static Object namedItem(Object target, String name) {
    return target instanceof Map<?, ?> ? attributeOnly(target, name) : attribute(target, name);
  }

  private static Object element(RenderContext context, Object target, long index) {
    List<?> items =
        target instanceof Tuple tuple
            ? tuple.items()
            : target instanceof List<?> list ? list : null;
    if (items != null) {
      long at = index < 0 ? index + items.size() : index;
      return at >= 0 && at < items.size() ? items.get((int) at) : Undefined.member(target, index);
    }
    if (target instanceof String text) {
      return character(context, text, index);
    }
    return Undefined.member(target, index);
  }

  private static Object character(RenderContext context, String text, long index) {
    context.characters(Math.clamp(Math.abs(index), 1, text.length() + 1L));
    if (index < -text.length() || index >= text.length()) {
      return Undefined.member(text, index);
    }
    int from = index < 0 ? text.length() : 0;
    try {
      int start = text.offsetByCodePoints(from, (int) index);
      return start == text.length()
          ? Undefined.member(text, index)
          : Character.toString(text.codePointAt(start));
    } catch (IndexOutOfBoundsException e) {
      return Undefined.member(text, index);
    }
  }

  /** A method, an attribute that is refused, or null. */
  private static Object method(Object target, String name) {
    if (name.startsWith("__") && name.endsWith("__")) {
      return Undefined.unsafe(target, name);
    }
    return switch (target) {
      case String text -> StringMethods.bind(text, name);
      case Map<?, ?> map -> dictMethod(map, name);
      case Tuple tuple -> tupleMember(tuple, name);
      case IntegerRange range -> listMethod(range, name);
      case List<?> list ->
          LIST_CHANGES.contains(name) ? Undefined.unsafe(list, name) : listMethod(list, name);
      case Macro macro -> macro.attribute(name);
      case Cycler cycler -> cycler.attribute(name);
      case null -> null;
      default -> null;
    };
  }

  private static Object dictMethod(Map<?, ?> map, String name) {
    if (DICT_CHANGES.contains(name)) {
      return Undefined.unsafe(map, name);
    }
    return switch (name) {
      case "get" ->
          (TemplateFunction)
              (context, arguments) -> {
                Arguments.Bound bound = arguments.bind("get", 1, "key", "default");
                Object key = Values.key(context, bound.value(0, null));
                return map.containsKey(key) ? map.get(key) : bound.value(1, null);
              };
      case "items" -> view(map, DictView.Kind.ITEMS, name);
      case "keys" -> view(map, DictView.Kind.KEYS, name);
      case "values" -> view(map, DictView.Kind.VALUES, name);
      // Values never change, so a copy is the value itself.
      case "copy" -> constant(map, name);
      default -> null;
    };
  }

  private static TemplateFunction view(Map<?, ?> map, DictView.Kind kind, String name) {
    return constant(new DictView(kind, map), name);
  }

  private static TemplateFunction constant(Object result, String name) {
    return (context, arguments) -> {
      arguments.bind(name, 0);
      return result;
    };
  }

  private static Object tupleMember(Tuple tuple, String name) {
    int field = tuple.fields().indexOf(name);
    return field >= 0
        ? tuple.items().get(field)
        : name.equals("copy") ? null : listMethod(tuple.items(), name);
  }

  private static Object listMethod(List<?> list, String name) {
    return switch (name) {
      case "index" -> (TemplateFunction) (context, arguments) -> index(context, list, arguments);
      case "count" ->
          (TemplateFunction)
              (context, arguments) -> {
                Object value = arguments.bind("count", 1, "value").value(0, null);
                long count = 0;
                for (Object item : list) {
                  count += Comparison.equal(context, item, value) ? 1 : 0;
                }
                return count;
              };
      case "copy" -> list instanceof IntegerRange ? null : constant(list, name);
      default -> null;
    };
  }

  private static long index(RenderContext context, List<?> list, Arguments arguments) {
    Object value = arguments.bind("index", 1, "value").value(0, null);
    for (int i = 0; i < list.size(); i++) {
      if (Comparison.equal(context, list.get(i), value)) {
        return i;
      }
    }
    throw new TemplateFault("the value is not in the list");
  }
}
