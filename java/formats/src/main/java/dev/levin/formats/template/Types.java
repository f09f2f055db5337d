package dev.levin.formats.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Python's names of the values a template can hold. */
final class Types {
  private Types() {}

  static String name(Object value) {
    return switch (value) {
      case null -> "NoneType";
      case Boolean b -> "bool";
      case Long l -> "int";
      case BigInteger b -> "int";
      case Double d -> "float";
      case String s -> "str";
      case Tuple t -> "tuple";
      case IntegerRange r -> "range";
      case List<?> l -> "list";
      case Map<?, ?> m -> "dict";
      case DictView view -> "dict_" + view.kind().name().toLowerCase(Locale.ROOT);
      case Generator g -> "generator";
      case Namespace n -> "Namespace";
      case Undefined u -> "Undefined";
      case Macro m -> "Macro";
      case LoopContext l -> "LoopContext";
      case Cycler c -> "Cycler";
      case TemplateFunction f -> "function";
      default -> throw new IllegalStateException("not a template value: " + value.getClass());
    };
  }

  static boolean isList(Object value) {
    return value instanceof List<?> && !(value instanceof IntegerRange);
  }

  /** True for integers but not booleans. */
  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger;
  }
}
