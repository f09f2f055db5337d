package dev.levin.testkit.reference;

import dev.levin.core.Tensor;
import dev.levin.core.op.Attention;
import dev.levin.core.op.MergeAttention;
import java.util.Arrays;

/** Attention as a plain softmax over the visible keys of each query row. */
final class ReferenceAttention {
  private ReferenceAttention() {}

  static void attention(Attention op) {
    int[] starts = Rows.ints(op.batch().cuSeqlensQ());
    int[] kvLens = Rows.ints(op.batch().kvLens());
    double[] sinks = op.sinks() == null ? null : Rows.read(op.sinks());
    for (int b = 0; b < kvLens.length; b++) {
      int[] pages = Rows.ints(op.batch().pageTable(), b);
      int queries = starts[b + 1] - starts[b];
      for (int r = 0; r < queries; r++) {
        int t = starts[b] + r;
        boolean[] visible = visible(op, t, kvLens[b], queries, r);
        double[] lse = new double[Math.toIntExact(op.q().dim(1))];
        for (int h = 0; h < lse.length; h++) {
          lse[h] = head(op, t, h, pages, visible, sinks);
        }
        if (op.lse() != null) {
          Rows.write(op.lse(), lse, t);
        }
      }
    }
  }

  private static boolean[] visible(Attention op, int t, int kvLen, int queries, int r) {
    int firstQueryKey = kvLen - queries;
    int i = firstQueryKey + r;
    boolean[] visible = new boolean[kvLen];
    int[] mask = op.treeMask() == null ? null : Rows.ints(op.treeMask(), t);
    for (int j = 0; j < kvLen; j++) {
      visible[j] = !op.causal() || j <= i;
      visible[j] &= op.window() == 0 || j > i - op.window();
      if (mask != null && j >= firstQueryKey) {
        int bit = j - firstQueryKey;
        visible[j] &= (mask[bit / Integer.SIZE] >>> (bit % Integer.SIZE) & 1) == 1;
      }
    }
    return visible;
  }

  /** Writes one head's output and returns its log-sum-exp. */
  private static double head(
      Attention op, int t, int h, int[] pages, boolean[] visible, double[] sinks) {
    int kvHead = (int) (h / (op.q().dim(1) / op.kCache().dim(1)));
    double[] q = Rows.read(op.q(), t, h);
    double[] scores = new double[visible.length];
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < visible.length; j++) {
      if (visible[j]) {
        double score =
            op.smScale() * ReferenceLinear.dot(key(op, op.kCache(), pages, kvHead, j), q);
        scores[j] = op.softCap() == 0 ? score : op.softCap() * Math.tanh(score / op.softCap());
        max = Math.max(max, scores[j]);
      }
    }
    double[] out = new double[Math.toIntExact(op.out().dim(2))];
    if (max == Double.NEGATIVE_INFINITY) {
      Rows.write(op.out(), out, t, h);
      return max;
    }
    max = sinks == null ? max : Math.max(max, sinks[h]);
    double sum = sinks == null ? 0 : Math.exp(sinks[h] - max);
    Tensor values = op.vCache() == null ? op.kCache() : op.vCache();
    for (int j = 0; j < visible.length; j++) {
      if (visible[j]) {
        double weight = Math.exp(scores[j] - max);
        double[] value = key(op, values, pages, kvHead, j);
        sum += weight;
        for (int d = 0; d < out.length; d++) {
          out[d] += weight * value[d];
        }
      }
    }
    for (int d = 0; d < out.length; d++) {
      out[d] /= sum;
    }
    Rows.write(op.out(), out, t, h);
    return max + Math.log(sum);
  }

  private static double[] key(Attention op, Tensor cache, int[] pages, int kvHead, int j) {
    int pageSize = op.batch().pageSize();
    return Rows.read(cache, pages[j / pageSize], kvHead, j % pageSize);
  }

  static void merge(MergeAttention op) {
    int heads = Math.toIntExact(op.a().dim(1));
    for (long t = 0; t < op.a().dim(0); t++) {
      double[] lseA = Rows.read(op.lseA(), t);
      double[] lseB = Rows.read(op.lseB(), t);
      double[] lse = new double[heads];
      for (int h = 0; h < heads; h++) {
        double[] a = Rows.read(op.a(), t, h);
        double[] b = Rows.read(op.b(), t, h);
        double[] out = new double[a.length];
        lse[h] = mergeHead(a, lseA[h], b, lseB[h], out);
        Rows.write(op.out(), out, t, h);
      }
      Rows.write(op.lse(), lse, t);
    }
  }

  private static double mergeHead(double[] a, double lseA, double[] b, double lseB, double[] out) {
    double max = Math.max(lseA, lseB);
    if (max == Double.NEGATIVE_INFINITY) {
      Arrays.fill(out, 0);
      return max;
    }
    double weightA = Math.exp(lseA - max);
    double weightB = Math.exp(lseB - max);
    for (int d = 0; d < out.length; d++) {
      double fromA = weightA == 0 ? 0 : weightA * a[d];
      double fromB = weightB == 0 ? 0 : weightB * b[d];
      out[d] = (fromA + fromB) / (weightA + weightB);
    }
    return max + Math.log(weightA + weightB);
  }
}
