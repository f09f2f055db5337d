package dev.levin.formats.template;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions every template sees. */
final class Globals {
  /** Longest range, as in Jinja's sandbox. */
  private static final int MAX_RANGE = 100_000;

  private Globals() {}

  static void define(Scope scope) {
    function(scope, "range", Globals::range);
    function(scope, "dict", (context, arguments) -> entries(context, "dict", arguments));
    function(scope, "namespace", Globals::namespace);
    function(scope, "cycler", Globals::cycler);
    function(scope, "joiner", Globals::joiner);
    function(scope, "raise_exception", Globals::raise);
    function(scope, "strftime_now", Globals::strftimeNow);
  }

  private static void function(Scope scope, String name, TemplateFunction function) {
    scope.set(name, function);
  }

  private static Object range(RenderContext context, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("range", 1, "start", "stop", "step");
    long start = bound.has(1) ? bound.integer(0, 0) : 0;
    long stop = bound.has(1) ? bound.integer(1, 0) : bound.integer(0, 0);
    long step = bound.integer(2, 1);
    if (step == 0) {
      throw new TemplateFault("the step of a range cannot be zero");
    }
    BigInteger span = BigInteger.valueOf(stop).subtract(BigInteger.valueOf(start));
    BigInteger[] parts = span.divideAndRemainder(BigInteger.valueOf(step));
    BigInteger size = parts[0].add(BigInteger.valueOf(parts[1].signum() == 0 ? 0 : 1));
    if (span.signum() == 0 || span.signum() != Long.signum(step)) {
      size = BigInteger.ZERO;
    }
    if (size.compareTo(BigInteger.valueOf(MAX_RANGE)) > 0) {
      throw new TemplateFault("a range cannot have more than " + MAX_RANGE + " items");
    }
    return new IntegerRange(start, stop, step, size.intValue());
  }

  private static Map<Object, Object> entries(
      RenderContext context, String callee, Arguments arguments) {
    Map<Object, Object> entries = new LinkedHashMap<>();
    Object first =
        new Arguments(arguments.positional(), Map.of())
            .bind(callee, 0, "entries")
            .value(0, Map.of());
    Object pairs = first instanceof Map<?, ?> map ? new DictView(DictView.Kind.ITEMS, map) : first;
    for (Object item : Values.list(context, pairs)) {
      List<Object> pair = Values.list(context, item);
      if (pair.size() != 2) {
        throw new TemplateFault(callee + " needs pairs of a key and a value");
      }
      entries.put(Values.key(context, pair.get(0)), pair.get(1));
    }
    entries.putAll(arguments.named());
    return entries;
  }

  private static Object namespace(RenderContext context, Arguments arguments) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (Map.Entry<Object, Object> entry : entries(context, "namespace", arguments).entrySet()) {
      attributes.put(Repr.text(context, entry.getKey()), entry.getValue());
    }
    return new Namespace(attributes);
  }

  private static Object cycler(RenderContext context, Arguments arguments) {
    if (arguments.positional().isEmpty() || !arguments.named().isEmpty()) {
      throw new TemplateFault("cycler needs at least one value and no named ones");
    }
    return new Cycler(arguments.positional());
  }

  /** Nothing on the first call of what it gives, the separator afterwards. */
  private static Object joiner(RenderContext context, Arguments arguments) {
    Object separator = arguments.bind("joiner", 0, "sep").value(0, ", ");
    boolean[] used = new boolean[1];
    return (TemplateFunction)
        (inner, none) -> {
          none.bind("joiner", 0);
          Object text = used[0] ? separator : "";
          used[0] = true;
          return text;
        };
  }

  private static Object raise(RenderContext context, Arguments arguments) {
    Object message = arguments.bind("raise_exception", 1, "message").value(0, "");
    throw new TemplateFault.Raised(Repr.text(context, message));
  }

  private static Object strftimeNow(RenderContext context, Arguments arguments) {
    String format = arguments.bind("strftime_now", 1, "format").text(0, "");
    return Strftime.format(context, format);
  }
}
