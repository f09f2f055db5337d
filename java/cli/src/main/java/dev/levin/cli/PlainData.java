package dev.levin.cli;

import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Records, lists and arrays as the maps, lists and scalars that JSON is made of. */
final class PlainData {
  /** Names which of several records stands where an interface is declared. */
  private static final String KIND = "kind";

  /** Lists longer than this are shown by their length and first values. */
  private static final int MAX_LIST = 64;

  private static final int SHOWN = 8;

  private PlainData() {}

  /** {@code value} with records taken apart, long lists kept whole. */
  static Object of(Object value) {
    return switch (value) {
      case null -> null;
      case Record record -> fields(record, record.getClass());
      case List<?> list -> list.stream().map(PlainData::of).toList();
      case Enum<?> constant -> constant.name();
      case Number number -> number;
      case Boolean bool -> bool;
      default -> value.getClass().isArray() ? elements(value) : value.toString();
    };
  }

  private static Map<String, Object> fields(Record record, Class<?> declared) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (declared.isInterface()) {
      fields.put(KIND, record.getClass().getSimpleName());
    }
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        Object value = component.getAccessor().invoke(record);
        Object plain =
            value instanceof Record nested ? fields(nested, component.getType()) : of(value);
        fields.put(component.getName(), plain);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot read " + component, e);
      }
    }
    return fields;
  }

  private static List<Object> elements(Object array) {
    List<Object> elements = new ArrayList<>();
    for (int i = 0; i < Array.getLength(array); i++) {
      elements.add(of(Array.get(array, i)));
    }
    return elements;
  }

  /** {@code value} with long lists replaced by their length and first values. */
  static Object shorten(Object value) {
    return switch (value) {
      case null -> null;
      case Map<?, ?> map -> {
        Map<String, Object> shortened = new LinkedHashMap<>();
        map.forEach((key, entry) -> shortened.put(String.valueOf(key), shorten(entry)));
        yield shortened;
      }
      case List<?> list -> shorten(list);
      default -> value;
    };
  }

  private static Object shorten(List<?> list) {
    if (list.size() <= MAX_LIST) {
      return list.stream().map(PlainData::shorten).toList();
    }
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("length", list.size());
    summary.put("first", list.subList(0, SHOWN).stream().map(PlainData::shorten).toList());
    return summary;
  }
}
