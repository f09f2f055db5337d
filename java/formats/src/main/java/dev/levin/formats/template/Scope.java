package dev.levin.formats.template;

import java.util.HashMap;
import java.util.Map;

/** Names visible at one place; assignments stay here, reads go outwards. */
final class Scope {
  private static final Object MISSING = new Object();

  private final Scope parent;
  private final Map<String, Object> variables = new HashMap<>();

  Scope(Scope parent) {
    this.parent = parent;
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.parent) {
      Object value = scope.variables.getOrDefault(name, MISSING);
      if (value != MISSING) {
        return value;
      }
    }
    return Undefined.name(name);
  }
}
