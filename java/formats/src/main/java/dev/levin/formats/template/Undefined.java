package dev.levin.formats.template;

/**
 * A name or attribute that does not exist: prints as nothing, is false and empty, and fails with
 * its message on any other use.
 */
record Undefined(String message) {
  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  /** A missing attribute, key or index of a value. */
  static Undefined member(Object owner, Object key) {
    String type = owner == null ? "None" : Types.name(owner) + " object";
    if (key instanceof String name) {
      String quoted = owner == null ? type : "'" + type + "'";
      return new Undefined(quoted + " has no attribute '" + Repr.excerpt(name) + "'");
    }
    String shown = key instanceof Long ? key.toString() : "of type '" + Types.name(key) + "'";
    return new Undefined(type + " has no element " + shown);
  }

  static Undefined unsafe(Object owner, String name) {
    return new Undefined(
        "access to attribute '%s' of '%s' object is not allowed"
            .formatted(Repr.excerpt(name), Types.name(owner)));
  }

  TemplateFault fault() {
    return new TemplateFault(message);
  }
}
