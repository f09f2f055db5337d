package dev.levin.formats.template;

import java.util.List;

/** Syntax tree of text and tags. Immutable. */
sealed interface Statement {
  record Text(String text) implements Statement {}

  record Print(List<Expression> expressions, int line) implements Statement {}

  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

  record Branch(Expression condition, List<Statement> body, int line) {}

  /** {@code filter} may be null. */
  record For(
      Target target,
      Expression items,
      Expression filter,
      List<Statement> body,
      List<Statement> otherwise,
      boolean recursive,
      int line)
      implements Statement {}

  record Assign(Target target, Expression value, int line) implements Statement {}

  /** {@code {% set x | filters %}...{% endset %}}. */
  record AssignBlock(
      Target target, List<Expression.FilterCall> filters, List<Statement> body, int line)
      implements Statement {}

  /**
   * A macro, or the body of a call block.
   *
   * @param defaults of the last parameters
   * @param usesCaller whether the body names {@code caller}, which it must to accept one
   */
  record MacroDefinition(
      String name,
      List<String> parameters,
      List<Expression> defaults,
      List<Statement> body,
      boolean usesCaller,
      boolean usesVarargs,
      boolean usesKwargs,
      int line)
      implements Statement {}

  record CallBlock(Expression.Call call, MacroDefinition caller, int line) implements Statement {}

  record FilterBlock(List<Expression.FilterCall> filters, List<Statement> body, int line)
      implements Statement {}

  record With(List<Target> targets, List<Expression> values, List<Statement> body, int line)
      implements Statement {}

  /** Marks what the model wrote; prints its body, whose assignments stay inside. */
  record Generation(List<Statement> body) implements Statement {}

  record Break() implements Statement {}

  record Continue() implements Statement {}

  /** What can be assigned to. */
  sealed interface Target {
    record Variable(String name) implements Target {}

    /** {@code namespace.attribute}. */
    record Member(String namespace, String attribute, int line) implements Target {}

    record Unpack(List<Target> targets, int line) implements Target {}
  }
}
