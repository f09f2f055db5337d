package dev.levin.formats.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Python's equality and ordering. */
final class Comparison {
  /** Order of a NaN and any number. */
  static final int UNORDERED = 2;

  private Comparison() {}

  /** One of the operators {@code == != < <= > >=}. */
  static boolean holds(RenderContext context, String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> equal(context, left, right);
      case "!=" -> !equal(context, left, right);
      case "<" -> order(context, left, right, operator) == -1;
      case ">" -> order(context, left, right, operator) == 1;
      case "<=" -> order(context, left, right, operator) <= 0;
      case ">=" -> (order(context, left, right, operator) & ~1) == 0;
      default -> throw new IllegalStateException("operator " + operator);
    };
  }

  static boolean equal(RenderContext context, Object left, Object right) {
    context.step();
    if (left == right && !(left instanceof Double)) {
      return true;
    }
    if (left instanceof String a) {
      if (!(right instanceof String b) || a.length() != b.length()) {
        return false;
      }
      context.characters(a.length());
      return a.equals(b);
    }
    if (Numbers.isNumeric(left)) {
      return Numbers.isNumeric(right) && numericOrder(left, right) == 0;
    }
    if (left instanceof Undefined) {
      return right instanceof Undefined;
    }
    if (left instanceof Map<?, ?> a) {
      return right instanceof Map<?, ?> b && equalMaps(context, a, b);
    }
    if (left instanceof Tuple a) {
      return right instanceof Tuple b && equalLists(context, a.items(), b.items());
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      return Types.isList(a) == Types.isList(b) && equalLists(context, a, b);
    }
    return false;
  }

  private static boolean equalLists(RenderContext context, List<?> left, List<?> right) {
    if (left.size() != right.size()) {
      return false;
    }
    context.enter();
    for (int i = 0; i < left.size(); i++) {
      if (!equal(context, left.get(i), right.get(i))) {
        context.leave();
        return false;
      }
    }
    context.leave();
    return true;
  }

  private static boolean equalMaps(RenderContext context, Map<?, ?> left, Map<?, ?> right) {
    if (left.size() != right.size()) {
      return false;
    }
    context.enter();
    for (Map.Entry<?, ?> entry : left.entrySet()) {
      Object key = entry.getKey();
      if (!right.containsKey(key) || !equal(context, entry.getValue(), right.get(key))) {
        context.leave();
        return false;
      }
    }
    context.leave();
    return true;
  }

  /** -1, 0, 1 or {@link #UNORDERED}; fails for values Python does not order. */
  static int order(RenderContext context, Object left, Object right, String operator) {
    context.step();
    if (left instanceof String a && right instanceof String b) {
      context.characters(Math.min(a.length(), b.length()));
      return orderText(a, b);
    }
    if (Numbers.isNumeric(left) && Numbers.isNumeric(right)) {
      return numericOrder(left, right);
    }
    if (left instanceof Tuple a && right instanceof Tuple b) {
      return orderLists(context, a.items(), b.items(), operator);
    }
    if (Types.isList(left) && Types.isList(right)) {
      return orderLists(context, (List<?>) left, (List<?>) right, operator);
    }
    for (Object side : new Object[] {left, right}) {
      if (side instanceof Undefined undefined) {
        throw undefined.fault();
      }
    }
    throw new TemplateFault(
        "'%s' cannot compare '%s' and '%s'"
            .formatted(operator, Types.name(left), Types.name(right)));
  }

  /** Sorts in place, equal items keeping their order. */
  static <T> void sort(List<T> items, Comparator<? super T> order) {
    try {
      items.sort(order);
    } catch (IllegalArgumentException e) {
      // A NaN among the items has no place, which the sort may notice.
      throw new TemplateFault("the items to sort have no consistent order");
    }
  }

  private static int orderLists(
      RenderContext context, List<?> left, List<?> right, String operator) {
    int common = Math.min(left.size(), right.size());
    context.enter();
    for (int i = 0; i < common; i++) {
      if (!equal(context, left.get(i), right.get(i))) {
        int order = order(context, left.get(i), right.get(i), operator);
        context.leave();
        return order;
      }
    }
    context.leave();
    return Integer.compare(left.size(), right.size());
  }

  /** By code point; {@link String#compareTo} would put surrogate pairs before U+E000. */
  private static int orderText(String left, String right) {
    int common = Math.min(left.length(), right.length());
    for (int i = 0; i < common; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        boolean bothOrNone = Character.isSurrogate(a) == Character.isSurrogate(b);
        return bothOrNone ? (a < b ? -1 : 1) : Character.isSurrogate(a) ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  /** Exact for mixed integers and floats; a NaN is unordered. */
  private static int numericOrder(Object left, Object right) {
    Object a = Numbers.plain(left);
    Object b = Numbers.plain(right);
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (a instanceof BigInteger x && b instanceof BigInteger y) {
      return x.compareTo(y);
    }
    double x = Numbers.asDouble(a);
    double y = Numbers.asDouble(b);
    if (Double.isNaN(x) || Double.isNaN(y)) {
      return UNORDERED;
    }
    if (a instanceof Double && b instanceof Double || Double.isInfinite(x + y)) {
      return x == y ? 0 : Double.compare(x, y);
    }
    return decimal(a).compareTo(decimal(b));
  }

  private static BigDecimal decimal(Object number) {
    return number instanceof Double value
        ? new BigDecimal(value)
        : new BigDecimal(Numbers.big(number));
  }
}
