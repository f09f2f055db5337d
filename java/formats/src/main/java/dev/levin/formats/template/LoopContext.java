package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The variable {@code loop}: where a loop stands. Items are fetched only when they are asked for.
 */
final class LoopContext implements TemplateFunction {
  /** Runs the same loop over other items. */
  @FunctionalInterface
  interface Recursion {
    String call(Object items, int depth);
  }

  private static final Object NONE = new Object();

  private final RenderContext context;
  private final Recursion recursion;
  private final int depth;
  private Iterator<Object> items;
  private long index0 = -1;
  private long length = -1;
  private Object previous = NONE;
  private Object current = NONE;
  private Object next = NONE;
  private List<Object> lastChanged;

  LoopContext(RenderContext context, Iterator<Object> items, Recursion recursion, int depth) {
    this.context = context;
    this.items = items;
    this.recursion = recursion;
    this.depth = depth;
  }

  /** Moves to the next item; false at the end. */
  boolean advance() {
    if (!hasNext()) {
      return false;
    }
    previous = current;
    current = next;
    next = NONE;
    index0++;
    return true;
  }

  Object current() {
    return current;
  }

  long length() {
    if (length < 0) {
      List<Object> rest = new ArrayList<>();
      while (items.hasNext()) {
        context.step();
        rest.add(items.next());
      }
      items = rest.iterator();
      length = index0 + 1 + rest.size() + (next == NONE ? 0 : 1);
    }
    return length;
  }

  /** The items not yet reached, each with this variable, as iterating over {@code loop} gives. */
  Iterator<Object> remaining() {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return LoopContext.this.hasNext();
      }

      @Override
      public Object next() {
        advance();
        return Tuple.of(current, LoopContext.this);
      }
    };
  }

  Object attribute(String name) {
    return switch (name) {
      case "index" -> index0 + 1;
      case "index0" -> index0;
      case "revindex" -> length() - index0;
      case "revindex0" -> length() - index0 - 1;
      case "first" -> index0 == 0;
      case "last" -> !hasNext();
      case "length" -> length();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" -> previous == NONE ? new Undefined("there is no previous item") : previous;
      case "nextitem" -> hasNext() ? next : new Undefined("there is no next item");
      case "cycle" -> (TemplateFunction) (context, arguments) -> cycle(arguments);
      case "changed" -> (TemplateFunction) (context, arguments) -> changed(arguments);
      default -> Undefined.member(this, name);
    };
  }

  @Override
  public Object call(RenderContext context, Arguments arguments) {
    if (recursion == null) {
      throw new TemplateFault("only a loop marked 'recursive' can be called");
    }
    return recursion.call(arguments.bind("loop", 1, "iterable").value(0, null), depth + 1);
  }

  private boolean hasNext() {
    if (next == NONE && items.hasNext()) {
      next = items.next();
    }
    return next != NONE;
  }

  private Object cycle(Arguments arguments) {
    List<Object> values = arguments.positional();
    if (values.isEmpty()) {
      throw new TemplateFault("no items for cycling given");
    }
    return values.get((int) (index0 % values.size()));
  }

  private boolean changed(Arguments arguments) {
    List<Object> values = arguments.positional();
    boolean same = lastChanged != null && Comparison.equal(context, lastChanged, values);
    lastChanged = values;
    return !same;
  }
}
