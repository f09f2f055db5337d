package dev.levin.formats.template;

import java.util.Iterator;
import java.util.Map;

/** What {@code keys()}, {@code values()} and {@code items()} of a dictionary give: no indexing. */
record DictView(Kind kind, Map<?, ?> map) {
  enum Kind {
    KEYS,
    VALUES,
    ITEMS
  }

  Iterator<Object> iterator() {
    Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return entries.hasNext();
      }

      @Override
      public Object next() {
        Map.Entry<?, ?> entry = entries.next();
        return switch (kind) {
          case KEYS -> entry.getKey();
          case VALUES -> entry.getValue();
          case ITEMS -> Tuple.of(entry.getKey(), entry.getValue());
        };
      }
    };
  }
}
