package dev.levin.cpu;

import dev.levin.core.op.Attention;
import dev.levin.core.op.BatchLengths;

/**
 * Paged attention. Work items are (sequence, KV head, run of queries), so that keys and values are
 * decoded once for all query heads that share them.
 */
final class AttentionOps {
  /** Query rows, all heads of a group counted, that share one pass over the keys. */
  private static final int ROWS = 32;

  private final KernelTable kernels;
  private final WorkerPool pool;
  private int[] sequenceOf = {};
  private int[] headOf = {};
  private int[] firstQueryOf = {};
  private long[] costs = {0};

  AttentionOps(KernelTable kernels, WorkerPool pool) {
    this.kernels = kernels;
    this.pool = pool;
  }

  void run(Attention op) {
    AttentionPass pass = new AttentionPass(op, kernels);
    BatchLengths lengths = op.batch().lengths();
    int kvHeads = Host.size(op.kCache().dim(1));
    int group = Host.size(op.q().dim(1)) / kvHeads;
    int queries = Math.max(1, ROWS / group);
    int runs = 0;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      pass.checkSequence(b);
      runs += Math.ceilDiv(lengths.queryLen(b), queries);
    }
    int items = Math.multiplyExact(runs, kvHeads);
    reserve(items);
    int item = 0;
    for (int b = 0; b < lengths.numSeqs(); b++) {
      for (int h = 0; h < kvHeads; h++) {
        for (int q = 0; q < lengths.queryLen(b); q += queries) {
          int count = Math.min(queries, lengths.queryLen(b) - q);
          sequenceOf[item] = b;
          headOf[item] = h;
          firstQueryOf[item] = q;
          costs[item + 1] = costs[item] + pass.cost(b, q, count);
          item++;
        }
      }
    }
    pool.forEach(
        items,
        costs,
        (from, to, workspace) -> {
          for (int i = from; i < to; i++) {
            int b = sequenceOf[i];
            int first = firstQueryOf[i];
            int count = Math.min(queries, lengths.queryLen(b) - first);
            pass.run(b, headOf[i], first, count, workspace);
          }
        });
  }

  private void reserve(int items) {
    if (sequenceOf.length < items) {
      sequenceOf = new int[items];
      headOf = new int[items];
      firstQueryOf = new int[items];
      costs = new long[items + 1];
    }
  }
}
