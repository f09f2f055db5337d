package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Recursive descent over expressions, with Jinja's precedences. */
final class ExpressionParser {
  /** Attributes, calls and filters on one value; each is one level of the tree. */
  private static final int MAX_CHAIN = 200;

  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final TokenCursor cursor;

  /** Names read since the outermost macro began; tells which special variables it uses. */
  private Set<String> namesRead = new HashSet<>();

  ExpressionParser(TokenCursor cursor) {
    this.cursor = cursor;
  }

  /** Starts collecting the names that are read; returns what was collected before. */
  Set<String> collectNames() {
    Set<String> before = namesRead;
    namesRead = new HashSet<>();
    return before;
  }

  /** Ends collecting; the collected names count for the surrounding collection too. */
  Set<String> collectedNames(Set<String> before) {
    Set<String> collected = namesRead;
    namesRead = before;
    namesRead.addAll(collected);
    return collected;
  }

  /** An expression, or a tuple where commas follow. */
  Expression tuple(boolean withConditional, String endName) {
    List<Expression> items = new ArrayList<>();
    boolean isTuple = false;
    while (!atTupleEnd(endName)) {
      items.add(withConditional ? expression() : or());
      if (!cursor.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (items.isEmpty()) {
      throw cursor.unexpected("an expression");
    }
    return isTuple ? new Expression.TupleOf(List.copyOf(items)) : items.getFirst();
  }

  private boolean atTupleEnd(String endName) {
    return cursor.at(Token.Kind.VARIABLE_END)
        || cursor.at(Token.Kind.BLOCK_END)
        || cursor.atOperator(")")
        || endName != null && cursor.atName(endName);
  }

  Expression expression() {
    cursor.enter();
    Expression result = or();
    int chain = 0;
    while (cursor.atName("if")) {
      int line = cursor.next().line();
      checkChain(++chain);
      Expression condition = or();
      Expression otherwise = cursor.skipName("else") ? expression() : null;
      result = new Expression.Conditional(condition, result, otherwise, line);
    }
    cursor.leave();
    return result;
  }

  Expression or() {
    Expression first = and();
    if (!cursor.atName("or")) {
      return first;
    }
    List<Expression> operands = new ArrayList<>(List.of(first));
    while (cursor.skipName("or")) {
      operands.add(and());
    }
    return new Expression.Logical(false, List.copyOf(operands));
  }

  private Expression and() {
    Expression first = not();
    if (!cursor.atName("and")) {
      return first;
    }
    List<Expression> operands = new ArrayList<>(List.of(first));
    while (cursor.skipName("and")) {
      operands.add(not());
    }
    return new Expression.Logical(true, List.copyOf(operands));
  }

  private Expression not() {
    if (!cursor.skipName("not")) {
      return compare();
    }
    cursor.enter();
    Expression operand = not();
    cursor.leave();
    return new Expression.Not(operand);
  }

  private Expression compare() {
    int line = cursor.line();
    Expression first = sum();
    String operator = comparison();
    if (operator == null) {
      return first;
    }
    List<Expression> operands = new ArrayList<>(List.of(first));
    List<String> operators = new ArrayList<>();
    while (operator != null) {
      operators.add(operator);
      operands.add(sum());
      operator = comparison();
    }
    return new Expression.Compare(List.copyOf(operands), List.copyOf(operators), line);
  }

  private String comparison() {
    Token token = cursor.current();
    if (token.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(token.text())) {
      return cursor.next().text();
    }
    if (cursor.skipName("in")) {
      return "in";
    }
    if (cursor.atName("not") && cursor.following().isName("in")) {
      cursor.next();
      cursor.next();
      return "not in";
    }
    return null;
  }

  private Expression sum() {
    int line = cursor.line();
    Expression first = concat();
    if (!cursor.atOperator("+") && !cursor.atOperator("-")) {
      return first;
    }
    List<Expression> operands = new ArrayList<>(List.of(first));
    List<String> operators = new ArrayList<>();
    while (cursor.atOperator("+") || cursor.atOperator("-")) {
      operators.add(cursor.next().text());
      operands.add(concat());
    }
    return new Expression.Arithmetic(List.copyOf(operands), List.copyOf(operators), line);
  }

  private Expression concat() {
    int line = cursor.line();
    Expression first = product();
    if (!cursor.atOperator("~")) {
      return first;
    }
    List<Expression> operands = new ArrayList<>(List.of(first));
    while (cursor.skipOperator("~")) {
      operands.add(product());
    }
    return new Expression.Concat(List.copyOf(operands), line);
  }

  private Expression product() {
    int line = cursor.line();
    Expression first = power();
    if (!atProduct()) {
      return first;
    }
    List<Expression> operands = new ArrayList<>(List.of(first));
    List<String> operators = new ArrayList<>();
    while (atProduct()) {
      operators.add(cursor.next().text());
      operands.add(power());
    }
    return new Expression.Arithmetic(List.copyOf(operands), List.copyOf(operators), line);
  }

  private boolean atProduct() {
    return cursor.atOperator("*")
        || cursor.atOperator("/")
        || cursor.atOperator("//")
        || cursor.atOperator("%");
  }

  /** From the left, as Jinja has it and Python does not. */
  private Expression power() {
    int line = cursor.line();
    Expression first = unary(true);
    if (!cursor.atOperator("**")) {
      return first;
    }
    List<Expression> operands = new ArrayList<>(List.of(first));
    List<String> operators = new ArrayList<>();
    while (cursor.atOperator("**")) {
      operators.add(cursor.next().text());
      operands.add(unary(true));
    }
    return new Expression.Arithmetic(List.copyOf(operands), List.copyOf(operators), line);
  }

  private Expression unary(boolean withFilters) {
    int line = cursor.line();
    Expression node;
    if (cursor.atOperator("-") || cursor.atOperator("+")) {
      cursor.enter();
      boolean negative = cursor.next().isOperator("-");
      node = new Expression.Sign(negative, unary(false), line);
      cursor.leave();
    } else {
      node = primary();
    }
    node = postfix(node);
    return withFilters ? filtersAndTests(node) : node;
  }

  private Expression primary() {
    Token token = cursor.current();
    switch (token.kind()) {
      case NAME -> {
        return name();
      }
      case LITERAL -> {
        return literal();
      }
      case OPERATOR -> {
        cursor.enter();
        Expression node =
            switch (token.text()) {
              case "(" -> parenthesized();
              case "[" -> list();
              case "{" -> dict();
              default -> throw cursor.unexpected("an expression");
            };
        cursor.leave();
        return node;
      }
      default -> throw cursor.unexpected("an expression");
    }
  }

  private Expression name() {
    Token token = cursor.next();
    return switch (token.text()) {
      case "true", "True" -> new Expression.Constant(true);
      case "false", "False" -> new Expression.Constant(false);
      case "none", "None" -> new Expression.Constant(null);
      default -> {
        namesRead.add(token.text());
        yield new Expression.Name(token.text(), token.line());
      }
    };
  }

  private Expression literal() {
    Token token = cursor.next();
    if (!token.isString() || !cursor.current().isString()) {
      return new Expression.Constant(token.value());
    }
    StringBuilder joined = new StringBuilder((String) token.value());
    while (cursor.current().isString()) {
      joined.append((String) cursor.next().value());
    }
    return new Expression.Constant(joined.toString());
  }

  private Expression parenthesized() {
    cursor.expectOperator("(");
    if (cursor.skipOperator(")")) {
      return new Expression.TupleOf(List.of());
    }
    Expression inside = tuple(true, null);
    cursor.expectOperator(")");
    return inside;
  }

  private Expression list() {
    cursor.expectOperator("[");
    List<Expression> items = new ArrayList<>();
    while (!cursor.atOperator("]")) {
      items.add(expression());
      if (!cursor.skipOperator(",")) {
        break;
      }
    }
    cursor.expectOperator("]");
    return new Expression.ListOf(List.copyOf(items));
  }

  private Expression dict() {
    int line = cursor.line();
    cursor.expectOperator("{");
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!cursor.atOperator("}")) {
      keys.add(expression());
      cursor.expectOperator(":");
      values.add(expression());
      if (!cursor.skipOperator(",")) {
        break;
      }
    }
    cursor.expectOperator("}");
    return new Expression.DictOf(List.copyOf(keys), List.copyOf(values), line);
  }

  private Expression postfix(Expression node) {
    Expression result = node;
    for (int chain = 1; ; chain++) {
      checkChain(chain);
      if (cursor.atOperator(".")) {
        result = attribute(result);
      } else if (cursor.atOperator("[")) {
        result = subscript(result);
      } else if (cursor.atOperator("(")) {
        int line = cursor.line();
        result = new Expression.Call(result, arguments(), line);
      } else {
        return result;
      }
    }
  }

  private void checkChain(int length) {
    if (length > MAX_CHAIN) {
      throw new SyntaxFault(
          cursor.line(), "an expression chains more than " + MAX_CHAIN + " steps");
    }
  }

  private Expression attribute(Expression target) {
    int line = cursor.next().line();
    if (cursor.at(Token.Kind.LITERAL) && cursor.current().value() instanceof Long index) {
      cursor.next();
      return new Expression.Item(target, new Expression.Constant(index), line);
    }
    return new Expression.Attribute(target, cursor.expectName(), line);
  }

  private Expression subscript(Expression target) {
    int line = cursor.next().line();
    Expression start = atSliceEnd() ? null : expression();
    Expression result;
    if (cursor.skipOperator(":")) {
      Expression stop = atSliceEnd() ? null : expression();
      boolean stepped = cursor.skipOperator(":") && !atSliceEnd();
      Expression step = stepped ? expression() : null;
      result = new Expression.Slice(target, start, stop, step, line);
    } else if (start == null) {
      throw cursor.unexpected("an index");
    } else {
      result = new Expression.Item(target, indices(start), line);
    }
    cursor.expectOperator("]");
    return result;
  }

  /** {@code x[1, 2]} looks a tuple up. */
  private Expression indices(Expression first) {
    if (!cursor.atOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (cursor.skipOperator(",")) {
      items.add(expression());
    }
    return new Expression.TupleOf(List.copyOf(items));
  }

  private boolean atSliceEnd() {
    return cursor.atOperator(":") || cursor.atOperator("]");
  }

  Expression.CallArguments arguments() {
    cursor.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Expression> named = new ArrayList<>();
    Expression list = null;
    Expression map = null;
    while (!cursor.atOperator(")")) {
      int line = cursor.line();
      boolean inOrder = map == null;
      if (cursor.skipOperator("*")) {
        inOrder &= list == null;
        list = expression();
      } else if (cursor.skipOperator("**")) {
        map = expression();
      } else if (cursor.at(Token.Kind.NAME) && cursor.following().isOperator("=")) {
        names.add(cursor.next().text());
        cursor.next();
        named.add(expression());
      } else {
        inOrder &= list == null && named.isEmpty();
        positional.add(expression());
      }
      if (!inOrder) {
        throw new SyntaxFault(line, "the arguments of a call are out of order");
      }
      if (!cursor.skipOperator(",")) {
        break;
      }
    }
    cursor.expectOperator(")");
    return new Expression.CallArguments(
        List.copyOf(positional), List.copyOf(names), List.copyOf(named), list, map);
  }

  private Expression filtersAndTests(Expression node) {
    Expression result = node;
    for (int chain = 1; ; chain++) {
      checkChain(chain);
      if (cursor.skipOperator("|")) {
        result = new Expression.Filter(result, filterCall());
      } else if (cursor.skipName("is")) {
        result = test(result);
      } else if (cursor.atOperator("(")) {
        int line = cursor.line();
        result = new Expression.Call(result, arguments(), line);
      } else {
        return result;
      }
    }
  }

  Expression.FilterCall filterCall() {
    int line = cursor.line();
    String name = dottedName();
    Expression.CallArguments arguments =
        cursor.atOperator("(") ? arguments() : Expression.CallArguments.NONE;
    return new Expression.FilterCall(name, arguments, line);
  }

  /** The filters after a block's opening words, each with its bar. */
  List<Expression.FilterCall> filterCalls() {
    List<Expression.FilterCall> calls = new ArrayList<>();
    while (cursor.skipOperator("|")) {
      calls.add(filterCall());
    }
    return List.copyOf(calls);
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(cursor.expectName());
    while (cursor.skipOperator(".")) {
      name.append('.').append(cursor.expectName());
    }
    return name.toString();
  }

  private Expression test(Expression target) {
    int line = cursor.line();
    boolean negated = cursor.skipName("not");
    String name = dottedName();
    Expression.CallArguments arguments = Expression.CallArguments.NONE;
    if (cursor.atOperator("(")) {
      arguments = arguments();
    } else if (atTestArgument()) {
      Expression argument = postfix(primary());
      arguments = new Expression.CallArguments(List.of(argument), List.of(), List.of(), null, null);
    }
    Expression test = new Expression.Test(target, name, arguments, line);
    return negated ? new Expression.Not(test) : test;
  }

  /** A test takes one argument without parentheses. */
  private boolean atTestArgument() {
    Token token = cursor.current();
    if (token.isName("is")) {
      throw new SyntaxFault(token.line(), "tests with 'is' cannot be chained");
    }
    return switch (token.kind()) {
      case LITERAL -> true;
      case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
      case OPERATOR -> token.isOperator("[") || token.isOperator("{");
      default -> false;
    };
  }
}
