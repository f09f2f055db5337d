package dev.levin.cpu;

import dev.levin.core.op.BatchLengths;
import java.util.Arrays;

/**
 * How one launch is cut. An item is a run of a sequence's queries with the query heads of one KV
 * head, so that keys and values are read once for all heads that share them. Where items are too
 * few to keep all workers busy, each split of an item's keys is a unit of work of its own;
 * otherwise an item is one unit.
 */
final class AttentionPlan {
  /** Query rows, all heads of a group counted, that share one pass over the keys. */
  private static final int ROWS = 32;

  /** Fewer items than this for each worker would leave some idle at the end. */
  private static final int ITEMS_PER_WORKER = 4;

  private int[] sequences = {};
  private int[] heads = {};
  private int[] firstQueries = {};
  private int[] counts = {};
  private int[] firstUnits = {0};
  private int[] itemOfUnit = {};
  private long[] costs = {0};
  private int items;
  private boolean split;

  void make(AttentionPass pass, int workers) {
    BatchLengths lengths = pass.op().batch().lengths();
    int kvHeads = Host.size(pass.op().kCache().dim(1));
    int queries = Math.max(1, ROWS / pass.group());
    int runs = 0;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      pass.checkSequence(b);
      runs += Math.ceilDiv(lengths.queryLen(b), queries);
    }
    reserveItems(Math.multiplyExact(runs, kvHeads));
    items = 0;
    split = workers > 1 && runs * kvHeads < ITEMS_PER_WORKER * workers;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      for (int h = 0; h < kvHeads; h++) {
        for (int q = 0; q < lengths.queryLen(b); q += queries) {
          add(pass, b, h, q, Math.min(queries, lengths.queryLen(b) - q));
        }
      }
    }
  }

  private void reserveItems(int count) {
    if (sequences.length < count) {
      sequences = new int[count];
      heads = new int[count];
      firstQueries = new int[count];
      counts = new int[count];
      firstUnits = new int[count + 1];
    }
  }

  private void add(AttentionPass pass, int sequence, int head, int firstQuery, int count) {
    sequences[items] = sequence;
    heads[items] = head;
    firstQueries[items] = firstQuery;
    counts[items] = count;
    int first = pass.firstSplit(sequence, firstQuery);
    int end = pass.endSplit(sequence, firstQuery, count);
    int unit = firstUnits[items];
    int nextItem = unit + (split ? Math.max(1, end - first) : 1);
    reserveUnits(nextItem);
    long cost = costs[unit];
    for (int s = first; s < end; s++) {
      cost += pass.cost(sequence, firstQuery, count, s);
      costs[(split ? unit + s - first : unit) + 1] = cost;
    }
    if (first >= end) {
      costs[nextItem] = cost;
    }
    Arrays.fill(itemOfUnit, unit, nextItem, items);
    items++;
    firstUnits[items] = nextItem;
  }

  private void reserveUnits(int count) {
    if (itemOfUnit.length < count) {
      itemOfUnit = Arrays.copyOf(itemOfUnit, count + count / 2);
      costs = Arrays.copyOf(costs, itemOfUnit.length + 1);
    }
  }

  /** Whether a unit is a split of an item rather than an item. */
  boolean isSplit() {
    return split;
  }

  int items() {
    return items;
  }

  int units() {
    return firstUnits[items];
  }

  /** Prefix sums over the units. */
  long[] costs() {
    return costs;
  }

  int itemOf(int unit) {
    return itemOfUnit[unit];
  }

  int firstUnit(int item) {
    return firstUnits[item];
  }

  int sequence(int item) {
    return sequences[item];
  }

  int head(int item) {
    return heads[item];
  }

  int firstQuery(int item) {
    return firstQueries[item];
  }

  /** Queries of an item. */
  int count(int item) {
    return counts[item];
  }
}
