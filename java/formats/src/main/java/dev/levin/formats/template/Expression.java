package dev.levin.formats.template;

import java.util.List;

/** Syntax tree of an expression. Immutable; {@code line} is where an error is reported. */
sealed interface Expression {
  record Constant(Object value) implements Expression {}

  record Name(String name, int line) implements Expression {}

  record TupleOf(List<Expression> items) implements Expression {}

  record ListOf(List<Expression> items) implements Expression {}

  record DictOf(List<Expression> keys, List<Expression> values, int line) implements Expression {}

  /** {@code then if condition else otherwise}; {@code otherwise} may be null. */
  record Conditional(Expression condition, Expression then, Expression otherwise, int line)
      implements Expression {}

  /** {@code and} or {@code or}: the first operand that decides, else the last. */
  record Logical(boolean isAnd, List<Expression> operands) implements Expression {}

  record Not(Expression operand) implements Expression {}

  /** {@code a < b < c}: operator i stands before operand i + 1. */
  record Compare(List<Expression> operands, List<String> operators, int line)
      implements Expression {}

  /** {@code a + b - c}, from the left: operator i stands before operand i + 1. */
  record Arithmetic(List<Expression> operands, List<String> operators, int line)
      implements Expression {}

  /** {@code a ~ b}. */
  record Concat(List<Expression> operands, int line) implements Expression {}

  record Sign(boolean negative, Expression operand, int line) implements Expression {}

  record Attribute(Expression target, String name, int line) implements Expression {}

  record Item(Expression target, Expression index, int line) implements Expression {}

  /** {@code target[start:stop:step]}; absent parts are null. */
  record Slice(Expression target, Expression start, Expression stop, Expression step, int line)
      implements Expression {}

  record Call(Expression callee, CallArguments arguments, int line) implements Expression {}

  record Filter(Expression target, FilterCall call) implements Expression {}

  record Test(Expression target, String name, CallArguments arguments, int line)
      implements Expression {}

  /** A filter without its input, as the filter block has it. */
  record FilterCall(String name, CallArguments arguments, int line) {}

  /** Arguments as written; {@code list} ({@code *x}) and {@code map} ({@code **x}) may be null. */
  record CallArguments(
      List<Expression> positional,
      List<String> names,
      List<Expression> named,
      Expression list,
      Expression map) {
    static final CallArguments NONE =
        new CallArguments(List.of(), List.of(), List.of(), null, null);
  }
}
