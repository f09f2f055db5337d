package dev.levin.formats.template;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What stands after {@code is}. */
final class Tests {
  private static final Set<String> NAMES =
      Set.of(
          "defined",
          "undefined",
          "none",
          "boolean",
          "true",
          "false",
          "integer",
          "float",
          "number",
          "string",
          "mapping",
          "sequence",
          "iterable",
          "callable",
          "escaped",
          "lower",
          "upper",
          "odd",
          "even",
          "divisibleby",
          "sameas",
          "in",
          "filter",
          "test",
          "==",
          "eq",
          "equalto",
          "!=",
          "ne",
          "<",
          "lt",
          "lessthan",
          "<=",
          "le",
          ">",
          "gt",
          "greaterthan",
          ">=",
          "ge");

  private Tests() {}

  static boolean apply(RenderContext context, String name, Object value, Arguments arguments) {
    context.step();
    return switch (name) {
      case "divisibleby",
          "sameas",
          "in",
          "==",
          "eq",
          "equalto",
          "!=",
          "ne",
          "<",
          "lt",
          "lessthan",
          "<=",
          "le",
          ">",
          "gt",
          "greaterthan",
          ">=",
          "ge" ->
          binary(context, name, value, arguments.bind(name, 1, "other").value(0, null));
      default -> {
        arguments.bind(name, 0);
        yield unary(context, name, value);
      }
    };
  }

  private static boolean unary(RenderContext context, String name, Object value) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "boolean" -> value instanceof Boolean;
      case "true" -> value instanceof Boolean flag && flag;
      case "false" -> value instanceof Boolean flag && !flag;
      case "integer" -> Types.isInteger(value);
      case "float" -> value instanceof Double;
      case "number" -> Numbers.isNumeric(value);
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map<?, ?>;
      case "sequence" -> isSequence(value);
      case "iterable" -> Values.isIterable(value);
      case "callable" -> value instanceof TemplateFunction || value instanceof Undefined;
      case "escaped" -> false;
      case "lower" -> PythonText.isCase(read(context, value), false);
      case "upper" -> PythonText.isCase(read(context, value), true);
      case "odd" -> remainder(context, value, 2L);
      case "even" -> !remainder(context, value, 2L);
      case "filter" -> value instanceof String filter && Filters.exists(filter);
      case "test" -> value instanceof String test && NAMES.contains(test);
      default -> throw new TemplateFault("there is no test '" + Repr.excerpt(name) + "'");
    };
  }

  private static boolean isSequence(Object value) {
    return value instanceof String
        || value instanceof List<?>
        || value instanceof Tuple
        || value instanceof Map<?, ?>
        || value instanceof Undefined;
  }

  private static String read(RenderContext context, Object value) {
    String text = Repr.text(context, value);
    context.characters(text.length());
    return text;
  }

  private static boolean binary(RenderContext context, String name, Object value, Object other) {
    return switch (name) {
      case "divisibleby" -> !remainder(context, value, other);
      case "sameas" -> same(context, value, other);
      case "in" -> Values.contains(context, other, value);
      case "==", "eq", "equalto" -> Comparison.holds(context, "==", value, other);
      case "!=", "ne" -> Comparison.holds(context, "!=", value, other);
      case "<", "lt", "lessthan" -> Comparison.holds(context, "<", value, other);
      case "<=", "le" -> Comparison.holds(context, "<=", value, other);
      case ">", "gt", "greaterthan" -> Comparison.holds(context, ">", value, other);
      default -> Comparison.holds(context, ">=", value, other);
    };
  }

  private static boolean remainder(RenderContext context, Object value, Object divisor) {
    return Values.truth(Operators.apply(context, "%", value, divisor));
  }

  /** Identity, which for scalars means the same type and value. */
  private static boolean same(RenderContext context, Object value, Object other) {
    boolean scalar = value instanceof Boolean || value instanceof Long || value instanceof String;
    boolean sameType = value != null && other != null && value.getClass() == other.getClass();
    return value == other || scalar && sameType && Comparison.equal(context, value, other);
  }
}
