package dev.levin.formats.tokenizer;

import java.util.Arrays;

/** An open-addressing map from non-negative longs to ints, without boxing. */
final class LongIntMap {
  static final int ABSENT = -1;

  private static final long FREE = -1;

  private long[] keys;
  private int[] values;
  private int size;

  LongIntMap(int expectedSize) {
    allocate(tableSize(expectedSize));
  }

  int get(long key) {
    int mask = keys.length - 1;
    for (int slot = mix(key) & mask; keys[slot] != FREE; slot = (slot + 1) & mask) {
      if (keys[slot] == key) {
        return values[slot];
      }
    }
    return ABSENT;
  }

  /** Keeps the value that is there already; returns whether this one was stored. */
  boolean putIfAbsent(long key, int value) {
    if ((size + 1) * 2L > keys.length) {
      grow();
    }
    int mask = keys.length - 1;
    int slot = mix(key) & mask;
    while (keys[slot] != FREE) {
      if (keys[slot] == key) {
        return false;
      }
      slot = (slot + 1) & mask;
    }
    keys[slot] = key;
    values[slot] = value;
    size++;
    return true;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldValues = values;
    allocate(oldKeys.length * 2);
    size = 0;
    for (int slot = 0; slot < oldKeys.length; slot++) {
      if (oldKeys[slot] != FREE) {
        putIfAbsent(oldKeys[slot], oldValues[slot]);
      }
    }
  }

  private void allocate(int slots) {
    keys = new long[slots];
    values = new int[slots];
    Arrays.fill(keys, FREE);
  }

  private static int tableSize(int expectedSize) {
    return Integer.highestOneBit(Math.max(8, expectedSize)) * 4;
  }

  /** Murmur3's finalizer: neighbouring pairs of ids must not land in neighbouring slots. */
  private static int mix(long key) {
    long hash = key;
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return (int) (hash ^ (hash >>> 33));
  }
}
