package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Recursive descent over text and tags. */
final class StatementParser {
  private static final Set<String> CONSTANTS =
      Set.of("true", "false", "none", "True", "False", "None");

  private final TokenCursor cursor;
  private final ExpressionParser expressions;
  private int loops;

  private StatementParser(List<Token> tokens) {
    this.cursor = new TokenCursor(tokens);
    this.expressions = new ExpressionParser(cursor);
  }

  static List<Statement> parse(String source) {
    StatementParser parser = new StatementParser(Lexer.tokenize(source));
    return parser.statements("", 1, Set.of());
  }

  /** Statements up to one of the tags {@code ends}, whose name is then the current token. */
  private List<Statement> statements(String tag, int opened, Set<String> ends) {
    List<Statement> statements = new ArrayList<>();
    while (!cursor.at(Token.Kind.END)) {
      Token token = cursor.next();
      switch (token.kind()) {
        case DATA -> statements.add(new Statement.Text(token.text()));
        case VARIABLE_BEGIN -> {
          Expression expression = expressions.tuple(true, null);
          statements.add(new Statement.Print(List.of(expression), token.line()));
          cursor.expect(Token.Kind.VARIABLE_END, "'}}'");
        }
        default -> {
          if (cursor.at(Token.Kind.NAME) && ends.contains(cursor.current().text())) {
            return List.copyOf(statements);
          }
          cursor.enter();
          statements.add(statement(tag, opened));
          cursor.leave();
          closeTag();
        }
      }
    }
    if (!ends.isEmpty()) {
      throw new SyntaxFault(opened, "'" + tag + "' is never closed");
    }
    return List.copyOf(statements);
  }

  /** The body of a tag whose opening words were read, and the name of its closing tag. */
  private List<Statement> body(String tag, int line) {
    beginBody();
    List<Statement> body = statements(tag, line, Set.of("end" + tag));
    cursor.next();
    return body;
  }

  private void beginBody() {
    cursor.skipOperator(":");
    closeTag();
  }

  private void closeTag() {
    cursor.expect(Token.Kind.BLOCK_END, "'%}'");
  }

  private Statement statement(String enclosing, int opened) {
    int line = cursor.line();
    String tag = cursor.expect(Token.Kind.NAME, "the name of a tag").text();
    return switch (tag) {
      case "if" -> ifTag(line);
      case "for" -> forTag(line);
      case "set" -> set(line);
      case "print" -> print(line);
      case "macro" -> macro(line);
      case "call" -> call(line);
      case "filter" -> filter(line);
      case "with" -> with(line);
      case "generation" -> new Statement.Generation(outsideLoops(() -> body("generation", line)));
      case "break", "continue" -> {
        if (loops == 0) {
          throw new SyntaxFault(line, "'" + tag + "' stands outside of a loop");
        }
        yield tag.equals("break") ? new Statement.Break() : new Statement.Continue();
      }
      default -> throw unknown(tag, line, enclosing, opened);
    };
  }

  private static SyntaxFault unknown(String tag, int line, String enclosing, int opened) {
    String inside = enclosing.isEmpty() ? "" : " inside the '" + enclosing + "' of line " + opened;
    return new SyntaxFault(line, "unknown tag '" + Repr.excerpt(tag) + "'" + inside);
  }

  private Statement print(int line) {
    List<Expression> printed = new ArrayList<>();
    while (!cursor.at(Token.Kind.BLOCK_END)) {
      if (!printed.isEmpty()) {
        cursor.expectOperator(",");
      }
      printed.add(expressions.expression());
    }
    return new Statement.Print(List.copyOf(printed), line);
  }

  private Statement ifTag(int opened) {
    List<Statement.Branch> branches = new ArrayList<>();
    List<Statement> otherwise = List.of();
    String tag = "if";
    int line = opened;
    while (!tag.equals("endif")) {
      if (tag.equals("else")) {
        otherwise = body("if", line);
        break;
      }
      Expression condition = expressions.tuple(false, null);
      beginBody();
      List<Statement> body = statements("if", opened, Set.of("elif", "else", "endif"));
      branches.add(new Statement.Branch(condition, body, line));
      line = cursor.line();
      tag = cursor.next().text();
    }
    return new Statement.If(List.copyOf(branches), otherwise);
  }

  private Statement forTag(int line) {
    Statement.Target target = target(false, "in");
    if (!cursor.skipName("in")) {
      throw cursor.unexpected("'in'");
    }
    Expression items = expressions.tuple(false, "recursive");
    Expression filter = cursor.skipName("if") ? expressions.expression() : null;
    boolean recursive = cursor.skipName("recursive");
    beginBody();
    loops++;
    List<Statement> body = statements("for", line, Set.of("else", "endfor"));
    loops--;
    boolean hasElse = cursor.next().isName("else");
    List<Statement> otherwise = hasElse ? body("for", line) : List.of();
    return new Statement.For(target, items, filter, body, otherwise, recursive, line);
  }

  private Statement set(int line) {
    Statement.Target target = target(true, null);
    if (cursor.skipOperator("=")) {
      return new Statement.Assign(target, expressions.tuple(true, null), line);
    }
    List<Expression.FilterCall> filters = expressions.filterCalls();
    return new Statement.AssignBlock(target, filters, body("set", line), line);
  }

  private Statement macro(int line) {
    String name = assignable(cursor.expectName(), line);
    return definition(name, "macro", line);
  }

  private Statement call(int line) {
    boolean parameters = cursor.atOperator("(");
    Signature signature = parameters ? signature() : new Signature(List.of(), List.of());
    Expression call = expressions.expression();
    if (!(call instanceof Expression.Call invocation)) {
      throw new SyntaxFault(line, "'call' needs the call of a macro");
    }
    return new Statement.CallBlock(invocation, macroBody("caller", "call", signature, line), line);
  }

  private Statement.MacroDefinition definition(String name, String tag, int line) {
    return macroBody(name, tag, signature(), line);
  }

  private Statement.MacroDefinition macroBody(
      String name, String tag, Signature signature, int line) {
    Set<String> before = expressions.collectNames();
    List<Statement> body = outsideLoops(() -> body(tag, line));
    Set<String> used = expressions.collectedNames(before);
    return new Statement.MacroDefinition(
        name,
        signature.parameters(),
        signature.defaults(),
        body,
        used.contains("caller"),
        used.contains("varargs"),
        used.contains("kwargs"),
        line);
  }

  /** A macro's body is a function of its own, which cannot leave a loop around it. */
  private List<Statement> outsideLoops(Supplier<List<Statement>> body) {
    int around = loops;
    loops = 0;
    List<Statement> statements = body.get();
    loops = around;
    return statements;
  }

  private record Signature(List<String> parameters, List<Expression> defaults) {}

  private Signature signature() {
    cursor.expectOperator("(");
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    while (!cursor.atOperator(")")) {
      int line = cursor.line();
      parameters.add(assignable(cursor.expectName(), line));
      if (cursor.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw new SyntaxFault(line, "a parameter without default follows one with a default");
      }
      if (!cursor.skipOperator(",")) {
        break;
      }
    }
    cursor.expectOperator(")");
    return new Signature(List.copyOf(parameters), List.copyOf(defaults));
  }

  private Statement filter(int line) {
    List<Expression.FilterCall> filters = new ArrayList<>(List.of(expressions.filterCall()));
    filters.addAll(expressions.filterCalls());
    return new Statement.FilterBlock(List.copyOf(filters), body("filter", line), line);
  }

  private Statement with(int line) {
    List<Statement.Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!cursor.at(Token.Kind.BLOCK_END)) {
      if (!targets.isEmpty()) {
        cursor.expectOperator(",");
      }
      targets.add(target(false, null));
      cursor.expectOperator("=");
      values.add(expressions.expression());
    }
    return new Statement.With(List.copyOf(targets), List.copyOf(values), body("with", line), line);
  }

  /** One target, or several to unpack into; {@code endName} ends the list. */
  private Statement.Target target(boolean withNamespace, String endName) {
    int line = cursor.line();
    List<Statement.Target> targets = new ArrayList<>();
    boolean unpack = false;
    do {
      boolean ended =
          cursor.atOperator(")")
              || cursor.atOperator("=")
              || cursor.at(Token.Kind.BLOCK_END)
              || endName != null && cursor.atName(endName);
      if (ended && unpack) {
        break;
      }
      targets.add(oneTarget(withNamespace));
      unpack |= cursor.atOperator(",");
    } while (cursor.skipOperator(","));
    return unpack ? new Statement.Target.Unpack(List.copyOf(targets), line) : targets.getFirst();
  }

  private Statement.Target oneTarget(boolean withNamespace) {
    int line = cursor.line();
    if (cursor.skipOperator("(")) {
      cursor.enter();
      Statement.Target inside = target(withNamespace, null);
      cursor.leave();
      cursor.expectOperator(")");
      return inside;
    }
    String name = cursor.expectName();
    if (withNamespace && cursor.skipOperator(".")) {
      return new Statement.Target.Member(name, cursor.expectName(), line);
    }
    return new Statement.Target.Variable(assignable(name, line));
  }

  private static String assignable(String name, int line) {
    if (CONSTANTS.contains(name)) {
      throw new SyntaxFault(line, "cannot assign to '" + name + "'");
    }
    return name;
  }
}
