package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.List;

/** The arithmetic operators on any two values: numbers, strings, lists and tuples. */
final class Operators {
  private Operators() {}

  static Object apply(RenderContext context, String operator, Object left, Object right) {
    if (Numbers.isNumeric(left) && Numbers.isNumeric(right)) {
      return Numbers.arithmetic(operator, left, right);
    }
    Object result =
        switch (operator) {
          case "+" -> add(context, left, right);
          case "*" -> multiply(context, left, right);
          case "%" ->
              left instanceof String text ? PercentFormat.format(context, text, right) : null;
          default -> null;
        };
    if (result != null) {
      return result;
    }
    for (Object side : new Object[] {left, right}) {
      if (side instanceof Undefined undefined) {
        throw undefined.fault();
      }
    }
    throw new TemplateFault(
        "'%s' does not work on '%s' and '%s'"
            .formatted(operator, Types.name(left), Types.name(right)));
  }

  static Object sign(Object value, boolean negative) {
    if (value instanceof Undefined undefined) {
      throw undefined.fault();
    }
    if (!Numbers.isNumeric(value)) {
      throw new TemplateFault("a sign does not work on '" + Types.name(value) + "'");
    }
    return negative ? Numbers.negate(value) : Numbers.plain(value);
  }

  private static Object add(RenderContext context, Object left, Object right) {
    if (left instanceof String a && right instanceof String b) {
      context.string((long) a.length() + b.length());
      return a.concat(b);
    }
    if (left instanceof Tuple a && right instanceof Tuple b) {
      return Tuple.of(concat(context, a.items(), b.items()));
    }
    if (Types.isList(left) && Types.isList(right)) {
      return concat(context, (List<?>) left, (List<?>) right);
    }
    return null;
  }

  private static List<Object> concat(RenderContext context, List<?> left, List<?> right) {
    context.steps((long) left.size() + right.size());
    List<Object> both = new ArrayList<>(left.size() + right.size());
    both.addAll(left);
    both.addAll(right);
    return both;
  }

  private static Object multiply(RenderContext context, Object left, Object right) {
    Object times = Numbers.plain(right);
    if (!(times instanceof Long)) {
      return Numbers.plain(left) instanceof Long && !Numbers.isNumeric(right)
          ? multiply(context, right, left)
          : null;
    }
    long count = Math.max(0, (Long) times);
    if (left instanceof String text) {
      return text.isEmpty() ? text : new TextBuilder(context).repeat(text, count).toString();
    }
    if (left instanceof Tuple tuple) {
      return Tuple.of(repeat(context, tuple.items(), count));
    }
    return Types.isList(left) ? repeat(context, (List<?>) left, count) : null;
  }

  private static List<Object> repeat(RenderContext context, List<?> items, long count) {
    List<Object> repeated = new ArrayList<>();
    for (long i = 0; i < count && !items.isEmpty(); i++) {
      context.steps(items.size());
      repeated.addAll(items);
    }
    return repeated;
  }
}
