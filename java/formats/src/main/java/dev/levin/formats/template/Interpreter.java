package dev.levin.formats.template;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** Runs statements. */
final class Interpreter {
  /** How a list of statements ended. */
  enum Flow {
    NORMAL,
    BREAK,
    CONTINUE
  }

  private final RenderContext context;
  private final Evaluator evaluator;

  Interpreter(RenderContext context) {
    this.context = context;
    this.evaluator = new Evaluator(context);
  }

  Evaluator evaluator() {
    return evaluator;
  }

  Flow run(List<Statement> statements, Scope scope, TextBuilder out) {
    for (Statement statement : statements) {
      Flow flow = run(statement, scope, out);
      if (flow != Flow.NORMAL) {
        return flow;
      }
    }
    return Flow.NORMAL;
  }

  /** Output of a body in a scope of its own. */
  String capture(List<Statement> body, Scope scope) {
    TextBuilder out = new TextBuilder(context);
    run(body, scope, out);
    return out.toString();
  }

  private Flow run(Statement statement, Scope scope, TextBuilder out) {
    context.step();
    switch (statement) {
      case Statement.Text text -> out.append(text.text());
      case Statement.Print print -> {
        for (Expression expression : print.expressions()) {
          Object value = evaluator.evaluate(expression, scope);
          context.at(print.line());
          out.append(Repr.text(context, value));
        }
      }
      case Statement.If conditional -> {
        return conditional(conditional, scope, out);
      }
      case Statement.For loop -> loop(loop, scope, out);
      case Statement.Assign assign -> {
        context.at(assign.line());
        assign(assign.target(), evaluator.evaluate(assign.value(), scope), scope);
      }
      case Statement.AssignBlock block -> {
        Object value = filter(block.filters(), capture(block.body(), new Scope(scope)), scope);
        context.at(block.line());
        assign(block.target(), value, scope);
      }
      case Statement.MacroDefinition definition ->
          scope.set(definition.name(), new Macro(definition, scope, this));
      case Statement.CallBlock call -> call(call, scope, out);
      case Statement.FilterBlock block -> {
        Scope inner = new Scope(scope);
        Object value = filter(block.filters(), capture(block.body(), inner), inner);
        out.append(Repr.text(context, value));
      }
      case Statement.With with -> {
        return with(with, scope, out);
      }
      case Statement.Generation generation -> run(generation.body(), new Scope(scope), out);
      case Statement.Break leave -> {
        return Flow.BREAK;
      }
      case Statement.Continue again -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NORMAL;
  }

  private Flow conditional(Statement.If conditional, Scope scope, TextBuilder out) {
    for (Statement.Branch branch : conditional.branches()) {
      context.at(branch.line());
      if (Values.truth(evaluator.evaluate(branch.condition(), scope))) {
        return run(branch.body(), scope, out);
      }
    }
    return run(conditional.otherwise(), scope, out);
  }

  private void loop(Statement.For loop, Scope scope, TextBuilder out) {
    context.at(loop.line());
    loop(loop, evaluator.evaluate(loop.items(), scope), scope, out, 0);
  }

  /** Runs a loop over {@code items}; {@code depth} counts the recursive calls around it. */
  void loop(Statement.For loop, Object items, Scope scope, TextBuilder out, int depth) {
    context.at(loop.line());
    Iterator<Object> iterator = Values.iterate(items);
    if (loop.filter() != null) {
      iterator = filtered(loop, iterator, scope);
    }
    LoopContext state = new LoopContext(context, iterator, recursion(loop, scope), depth);
    boolean any = false;
    while (state.advance()) {
      any = true;
      context.step();
      Scope inner = new Scope(scope);
      inner.set("loop", state);
      context.at(loop.line());
      assign(loop.target(), state.current(), inner);
      if (run(loop.body(), inner, out) == Flow.BREAK) {
        break;
      }
    }
    if (!any) {
      run(loop.otherwise(), new Scope(scope), out);
    }
  }

  /** Calls a recursive loop again, one level deeper; null for other loops. */
  private LoopContext.Recursion recursion(Statement.For loop, Scope scope) {
    if (!loop.recursive()) {
      return null;
    }
    return (items, depth) -> {
      context.enter();
      TextBuilder out = new TextBuilder(context);
      loop(loop, items, scope, out, depth);
      context.leave();
      return out.toString();
    };
  }

  /** Decides on each item when it is reached, as the loop's body may change the condition. */
  private Iterator<Object> filtered(Statement.For loop, Iterator<Object> items, Scope scope) {
    return new Iterator<>() {
      private Object found;
      private boolean ready;

      @Override
      public boolean hasNext() {
        while (!ready && items.hasNext()) {
          context.step();
          found = items.next();
          Scope inner = new Scope(scope);
          assign(loop.target(), found, inner);
          ready = Values.truth(evaluator.evaluate(loop.filter(), inner));
        }
        return ready;
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        ready = false;
        return found;
      }
    };
  }

  private void assign(Statement.Target target, Object value, Scope scope) {
    switch (target) {
      case Statement.Target.Variable variable -> scope.set(variable.name(), value);
      case Statement.Target.Member member -> {
        context.at(member.line());
        if (!(scope.get(member.namespace()) instanceof Namespace namespace)) {
          throw new TemplateFault(
              "cannot assign to an attribute of '%s', which is no namespace"
                  .formatted(Repr.excerpt(member.namespace())));
        }
        namespace.attributes().put(member.attribute(), value);
      }
      case Statement.Target.Unpack unpack -> {
        context.at(unpack.line());
        List<Object> values = Values.list(context, value);
        if (values.size() != unpack.targets().size()) {
          throw new TemplateFault(
              "cannot unpack %d values into %d names"
                  .formatted(values.size(), unpack.targets().size()));
        }
        for (int i = 0; i < values.size(); i++) {
          assign(unpack.targets().get(i), values.get(i), scope);
        }
      }
    }
  }

  private Object filter(List<Expression.FilterCall> filters, String text, Scope scope) {
    Object value = text;
    for (Expression.FilterCall filter : filters) {
      value = evaluator.filter(filter, value, scope);
    }
    return value;
  }

  private void call(Statement.CallBlock block, Scope scope, TextBuilder out) {
    context.at(block.line());
    Object callee = evaluator.evaluate(block.call().callee(), scope);
    Arguments arguments = evaluator.arguments(block.call().arguments(), scope);
    Object caller = new Macro(block.caller(), scope, this);
    context.at(block.line());
    Object value = evaluator.call(callee, arguments.with("caller", caller));
    out.append(Repr.text(context, value));
  }

  private Flow with(Statement.With with, Scope scope, TextBuilder out) {
    Scope inner = new Scope(scope);
    for (int i = 0; i < with.targets().size(); i++) {
      context.at(with.line());
      assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
    }
    return run(with.body(), inner, out);
  }
}
