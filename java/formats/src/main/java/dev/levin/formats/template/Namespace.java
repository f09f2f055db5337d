package dev.levin.formats.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** The only mutable value of a template: what {@code namespace(...)} gives. */
final class Namespace {
  private final Map<String, Object> attributes;

  Namespace(Map<String, Object> attributes) {
    this.attributes = new LinkedHashMap<>(attributes);
  }

  Map<String, Object> attributes() {
    return attributes;
  }
}
