package dev.levin.formats.template;

import java.util.ArrayList;
import java.util.List;

/** What a filter's {@code attribute='a.0.b'} names: keys and indices from the outside in. */
record AttributePath(List<Object> keys) {
  static AttributePath of(Object attribute) {
    if (attribute instanceof Long index) {
      return new AttributePath(List.of(index));
    }
    if (!(attribute instanceof String path)) {
      throw new TemplateFault(
          "an attribute must be a string or an integer, not '" + Types.name(attribute) + "'");
    }
    List<Object> keys = new ArrayList<>();
    for (String part : path.split("\\.", -1)) {
      boolean index = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9');
      keys.add(index ? Numbers.parseInteger(part, 10) : part);
    }
    return new AttributePath(keys);
  }

  Object get(RenderContext context, Object value) {
    Object result = value;
    for (Object key : keys) {
      context.step();
      result = Members.item(context, result, key);
    }
    return result;
  }
}
