package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Computes the values of expressions. */
final class Evaluator {
  private final RenderContext context;

  Evaluator(RenderContext context) {
    this.context = context;
  }

  Object evaluate(Expression expression, Scope scope) {
    context.step();
    return switch (expression) {
      case Expression.Constant constant -> constant.value();
      case Expression.Name name -> {
        context.at(name.line());
        yield scope.get(name.name());
      }
      case Expression.TupleOf tuple -> Tuple.of(all(tuple.items(), scope));
      case Expression.ListOf list -> all(list.items(), scope);
      case Expression.DictOf dict -> dict(dict, scope);
      case Expression.Conditional conditional -> conditional(conditional, scope);
      case Expression.Logical logical -> logical(logical, scope);
      case Expression.Not not -> !Values.truth(evaluate(not.operand(), scope));
      case Expression.Compare compare -> compare(compare, scope);
      case Expression.Arithmetic arithmetic -> arithmetic(arithmetic, scope);
      case Expression.Concat concat -> concat(concat, scope);
      case Expression.Sign sign -> {
        Object operand = evaluate(sign.operand(), scope);
        context.at(sign.line());
        yield Operators.sign(operand, sign.negative());
      }
      case Expression.Attribute attribute -> {
        Object target = evaluate(attribute.target(), scope);
        context.at(attribute.line());
        yield Members.attribute(target, attribute.name());
      }
      case Expression.Item item -> {
        Object target = evaluate(item.target(), scope);
        Object index = evaluate(item.index(), scope);
        context.at(item.line());
        yield Members.item(context, target, index);
      }
      case Expression.Slice slice -> slice(slice, scope);
      case Expression.Call call -> {
        Object callee = evaluate(call.callee(), scope);
        Arguments arguments = arguments(call.arguments(), scope);
        context.at(call.line());
        yield call(callee, arguments);
      }
      case Expression.Filter filter ->
          filter(filter.call(), evaluate(filter.target(), scope), scope);
      case Expression.Test test -> {
        Object target = evaluate(test.target(), scope);
        Arguments arguments = arguments(test.arguments(), scope);
        context.at(test.line());
        yield Tests.apply(context, test.name(), target, arguments);
      }
    };
  }

  Object filter(Expression.FilterCall call, Object input, Scope scope) {
    Arguments arguments = arguments(call.arguments(), scope);
    context.at(call.line());
    return Filters.apply(context, call.name(), input, arguments);
  }

  Object call(Object callee, Arguments arguments) {
    if (callee instanceof TemplateFunction function) {
      return function.call(context, arguments);
    }
    throw callee instanceof Undefined undefined
        ? undefined.fault()
        : new TemplateFault("'" + Types.name(callee) + "' object is not callable");
  }

  Arguments arguments(Expression.CallArguments source, Scope scope) {
    if (source == Expression.CallArguments.NONE) {
      return Arguments.NONE;
    }
    List<Object> positional = all(source.positional(), scope);
    Map<String, Object> named = new LinkedHashMap<>();
    for (int i = 0; i < source.names().size(); i++) {
      put(named, source.names().get(i), evaluate(source.named().get(i), scope));
    }
    if (source.list() != null) {
      positional.addAll(Values.list(context, evaluate(source.list(), scope)));
    }
    if (source.map() != null) {
      Object spread = evaluate(source.map(), scope);
      if (!(spread instanceof Map<?, ?> map)) {
        throw new TemplateFault("'**' needs a dictionary, not '" + Types.name(spread) + "'");
      }
      context.steps(map.size());
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        put(named, Repr.text(context, entry.getKey()), entry.getValue());
      }
    }
    return new Arguments(positional, named);
  }

  private static void put(Map<String, Object> named, String name, Object value) {
    if (named.containsKey(name)) {
      throw new TemplateFault("the argument '" + Repr.excerpt(name) + "' is given twice");
    }
    named.put(name, value);
  }

  private List<Object> all(List<Expression> expressions, Scope scope) {
    List<Object> values = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Object dict(Expression.DictOf dict, Scope scope) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < dict.keys().size(); i++) {
      Object key = evaluate(dict.keys().get(i), scope);
      Object value = evaluate(dict.values().get(i), scope);
      context.at(dict.line());
      map.put(Values.key(context, key), value);
    }
    return map;
  }

  private Object conditional(Expression.Conditional conditional, Scope scope) {
    if (Values.truth(evaluate(conditional.condition(), scope))) {
      return evaluate(conditional.then(), scope);
    }
    return conditional.otherwise() == null
        ? new Undefined("the condition is false and the expression has no 'else'")
        : evaluate(conditional.otherwise(), scope);
  }

  private Object logical(Expression.Logical logical, Scope scope) {
    Object value = null;
    for (Expression operand : logical.operands()) {
      value = evaluate(operand, scope);
      if (Values.truth(value) != logical.isAnd()) {
        return value;
      }
    }
    return value;
  }

  private Object compare(Expression.Compare compare, Scope scope) {
    Object left = evaluate(compare.operands().getFirst(), scope);
    for (int i = 0; i < compare.operators().size(); i++) {
      Object right = evaluate(compare.operands().get(i + 1), scope);
      context.at(compare.line());
      if (!compare(compare.operators().get(i), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private boolean compare(String operator, Object left, Object right) {
    return switch (operator) {
      case "in" -> Values.contains(context, right, left);
      case "not in" -> !Values.contains(context, right, left);
      default -> Comparison.holds(context, operator, left, right);
    };
  }

  private Object arithmetic(Expression.Arithmetic arithmetic, Scope scope) {
    Object result = evaluate(arithmetic.operands().getFirst(), scope);
    for (int i = 0; i < arithmetic.operators().size(); i++) {
      Object right = evaluate(arithmetic.operands().get(i + 1), scope);
      context.at(arithmetic.line());
      result = Operators.apply(context, arithmetic.operators().get(i), result, right);
    }
    return result;
  }

  private Object concat(Expression.Concat concat, Scope scope) {
    TextBuilder text = new TextBuilder(context);
    for (Expression operand : concat.operands()) {
      Object value = evaluate(operand, scope);
      context.at(concat.line());
      text.append(Repr.text(context, value));
    }
    return text.toString();
  }

  private Object slice(Expression.Slice slice, Scope scope) {
    Object target = evaluate(slice.target(), scope);
    Object start = slice.start() == null ? null : evaluate(slice.start(), scope);
    Object stop = slice.stop() == null ? null : evaluate(slice.stop(), scope);
    Object step = slice.step() == null ? null : evaluate(slice.step(), scope);
    context.at(slice.line());
    return Slices.slice(context, target, start, stop, step);
  }
}
