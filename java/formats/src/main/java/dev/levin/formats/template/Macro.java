package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A macro with the scope it was defined in; calling it gives its output as a string. */
record Macro(Statement.MacroDefinition definition, Scope scope, Interpreter interpreter)
    implements TemplateFunction {

  @Override
  public Object call(RenderContext context, Arguments arguments) {
    context.enter();
    Scope inner = new Scope(scope);
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    bindParameters(context, arguments.positional(), named, inner);
    bindSpecials(arguments.positional(), named, inner);
    String text = interpreter.capture(definition.body(), inner);
    context.leave();
    return text;
  }

  /** Moves the parameters' values out of {@code named} into the scope. */
  private void bindParameters(
      RenderContext context, List<Object> positional, Map<String, Object> named, Scope inner) {
    List<String> parameters = definition.parameters();
    int firstDefault = parameters.size() - definition.defaults().size();
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      Object value;
      if (i < positional.size()) {
        value = positional.get(i);
      } else if (named.containsKey(name)) {
        value = named.remove(name);
      } else if (i >= firstDefault) {
        value =
            interpreter.evaluator().evaluate(definition.defaults().get(i - firstDefault), inner);
      } else {
        value = new Undefined("parameter '" + name + "' was not provided");
      }
      inner.set(name, value);
    }
    context.at(definition.line());
  }

  private void bindSpecials(List<Object> positional, Map<String, Object> named, Scope inner) {
    int parameters = definition.parameters().size();
    if (definition.usesCaller() && !definition.parameters().contains("caller")) {
      boolean given = named.containsKey("caller");
      Object caller = named.remove("caller");
      inner.set("caller", given ? caller : new Undefined("no caller is defined"));
    }
    if (definition.usesVarargs()) {
      int from = Math.min(parameters, positional.size());
      inner.set("varargs", Tuple.of(new ArrayList<>(positional.subList(from, positional.size()))));
    } else if (positional.size() > parameters) {
      throw new TemplateFault(
          "macro '%s' takes at most %d arguments, %d given"
              .formatted(definition.name(), parameters, positional.size()));
    }
    if (definition.usesKwargs()) {
      inner.set("kwargs", new LinkedHashMap<Object, Object>(named));
    } else if (!named.isEmpty()) {
      throw new TemplateFault(
          "macro '%s' takes no argument named '%s'"
              .formatted(definition.name(), Repr.excerpt(named.keySet().iterator().next())));
    }
  }

  /** What a template may ask a macro about itself; null for other names. */
  Object attribute(String name) {
    return switch (name) {
      case "name" -> definition.name();
      case "arguments" -> Tuple.of(new ArrayList<Object>(definition.parameters()));
      case "caller" -> definition.usesCaller();
      case "catch_varargs" -> definition.usesVarargs();
      case "catch_kwargs" -> definition.usesKwargs();
      default -> null;
    };
  }
}
