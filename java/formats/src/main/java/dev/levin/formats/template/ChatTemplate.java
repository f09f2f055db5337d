package dev.levin.formats.template;

import dev.levin.core.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A model's chat template: Jinja as Hugging Face's transformers runs it, in a sandbox. A template
 * sees JSON-like values only and cannot reach Java; what it may spend is bounded by {@link
 * TemplateLimits}. Immutable; any number of threads may render at once.
 *
 * <p>Supported are expressions with Python's semantics, the tags {@code if for set macro call
 * filter with raw print generation break continue}, Jinja's filters and tests, and the methods of
 * Python's strings, lists and dictionaries that change nothing. As in transformers {@code
 * trim_blocks} and {@code lstrip_blocks} are on and {@code tojson} escapes no HTML. Templates
 * cannot load others.
 */
public final class ChatTemplate {
  private static final int MAX_SOURCE = 4 << 20;

  /** Longest explanation in an error; a template's own message may be of any length. */
  private static final int MAX_MESSAGE = 1000;

  private final String origin;
  private final List<Statement> statements;
  private final TemplateLimits limits;

  private ChatTemplate(String origin, List<Statement> statements, TemplateLimits limits) {
    this.origin = origin;
    this.statements = statements;
    this.limits = limits;
  }

  /**
   * Parses a template with the default limits.
   *
   * @param origin names the template in errors, for example its file
   * @throws ModelFormatException naming origin and line, when the source is no template
   */
  public static ChatTemplate parse(String origin, String source) {
    return parse(origin, source, TemplateLimits.DEFAULTS);
  }

  /** Parses a template whose renderings keep to {@code limits}. */
  public static ChatTemplate parse(String origin, String source, TemplateLimits limits) {
    if (source.length() > MAX_SOURCE) {
      throw new ModelFormatException(
          "%s: the chat template has %d characters, more than %d"
              .formatted(origin, source.length(), MAX_SOURCE));
    }
    try {
      return new ChatTemplate(origin, StatementParser.parse(source), limits);
    } catch (SyntaxFault fault) {
      throw new ModelFormatException(located(origin, fault.line(), fault.getMessage()), fault);
    } catch (StackOverflowError error) {
      throw new ModelFormatException(origin + ": the chat template nests too deeply", error);
    }
  }

  /**
   * The text of a conversation.
   *
   * @throws TemplateException when the template refuses the messages
   * @throws ModelFormatException naming origin and line, when the template fails or exceeds a limit
   * @throws IllegalArgumentException when a message or option is not JSON-like
   */
  public String render(List<ChatMessage> messages, RenderOptions options) {
    RenderContext context = new RenderContext(limits, options.clock());
    Scope scope = scope(messages, options);
    TextBuilder out = new TextBuilder(context);
    try {
      new Interpreter(context).run(statements, scope, out);
      return out.toString();
    } catch (TemplateFault.Raised raised) {
      String message = "the template refuses the messages: " + raised.getMessage();
      throw new TemplateException(located(origin, context.line(), message), raised.getMessage());
    } catch (TemplateFault fault) {
      throw new ModelFormatException(located(origin, context.line(), fault.getMessage()), fault);
    } catch (StackOverflowError error) {
      // The depth limits assume an ordinary stack; a thread with a small one ends here.
      throw new ModelFormatException(
          located(origin, context.line(), "the template nests too deeply"), error);
    }
  }

  private static String located(String origin, int line, String what) {
    boolean cut = what.length() > MAX_MESSAGE;
    String shown = cut ? what.substring(0, MAX_MESSAGE) + "..." : what;
    return "%s: chat template line %d: %s".formatted(origin, line, shown.replaceAll("\\s+", " "));
  }

  private static Scope scope(List<ChatMessage> messages, RenderOptions options) {
    Scope scope = new Scope(null);
    Globals.define(scope);
    List<Object> values = new ArrayList<>(messages.size());
    for (int i = 0; i < messages.size(); i++) {
      values.add(InputValues.of(messages.get(i).fields(), "message " + i));
    }
    scope.set("messages", values);
    scope.set("tools", options.tools().isEmpty() ? null : InputValues.of(options.tools(), "tools"));
    scope.set("documents", null);
    scope.set("add_generation_prompt", options.addGenerationPrompt());
    token(scope, "bos_token", options.bosToken());
    token(scope, "eos_token", options.eosToken());
    for (Map.Entry<String, Object> entry : options.variables().entrySet()) {
      String name = entry.getKey();
      scope.set(name, InputValues.of(entry.getValue(), "variable '" + name + "'"));
    }
    return new Scope(scope);
  }

  private static void token(Scope scope, String name, String text) {
    if (text != null) {
      scope.set(name, text);
    }
  }
}
