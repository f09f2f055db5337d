package dev.levin.cpu;

import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.Scoring;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Choice of experts. A few hundred values a token: both kernel sets share one scalar routine. */
final class RoutingOps {
  private final WorkerPool pool;

  RoutingOps(WorkerPool pool) {
    this.pool = pool;
  }

  Runnable prepare(RouteExperts op) {
    Memory memory = new Memory(op);
    int tokens = Host.size(op.logits().dim(0));
    long cost = op.logits().dim(1) * (8 + op.ids().dim(1));
    Router[] routers = new Router[pool.threads()];
    for (int i = 0; i < routers.length; i++) {
      routers[i] = new Router(op, memory);
    }
    WorkerPool.RangeTask task =
        (from, to, workspace) -> {
          Router router = routers[workspace.worker()];
          for (int t = from; t < to; t++) {
            router.route(t);
          }
        };
    return () -> pool.forEach(tokens, cost, task);
  }

  private record Memory(
      MemorySegment logits, MemorySegment bias, MemorySegment ids, MemorySegment weights) {
    Memory(RouteExperts op) {
      this(
          Host.memory(op, "logits", op.logits()),
          Host.memory(op, "selectionBias", op.selectionBias()),
          Host.memory(op, "ids", op.ids()),
          Host.memory(op, "weights", op.weights()));
    }
  }

  /** One worker's routing state. */
  private static final class Router {
    private final RouteExperts op;
    private final Memory memory;
    private final int experts;
    private final int chosen;
    private final float[] scores;
    private final float[] biased;
    private final float[] groupScores;
    private final float[] picked;
    private final boolean[] excluded;
    private final boolean[] groupTaken;

    Router(RouteExperts op, Memory memory) {
      this.op = op;
      this.memory = memory;
      experts = Host.size(op.logits().dim(1));
      chosen = Host.size(op.ids().dim(1));
      scores = new float[experts];
      biased = new float[experts];
      excluded = new boolean[experts];
      groupScores = new float[op.groups()];
      groupTaken = new boolean[op.groups()];
      picked = new float[chosen];
    }

    void route(int t) {
      Host.read(memory.logits(), op.logits().offset(t), scores, 0, experts);
      switch (op.scoring()) {
        case SOFTMAX -> softmax(scores);
        case SIGMOID -> sigmoid(scores);
        case SOFTMAX_OF_TOP_K -> {}
      }
      System.arraycopy(scores, 0, biased, 0, experts);
      if (memory.bias() != null) {
        for (int e = 0; e < experts; e++) {
          biased[e] += memory.bias().get(Host.FLOAT, op.selectionBias().offset() + 4L * e);
        }
      }
      Arrays.fill(excluded, false);
      if (op.groups() > 1) {
        excludeGroups();
      }
      for (int j = 0; j < chosen; j++) {
        int best = takeBest(biased, excluded);
        memory.ids().set(Host.INT, op.ids().offset(t) + 4L * j, best);
        picked[j] = scores[best];
      }
      writeWeights(op.weights().offset(t));
    }

    /** Leaves only the experts of the best groups in the running. */
    private void excludeGroups() {
      int size = experts / op.groups();
      for (int g = 0; g < op.groups(); g++) {
        groupScores[g] = sumOfTwoBest(g * size, (g + 1) * size);
      }
      Arrays.fill(groupTaken, false);
      for (int i = 0; i < op.topGroups(); i++) {
        takeBest(groupScores, groupTaken);
      }
      for (int g = 0; g < op.groups(); g++) {
        Arrays.fill(excluded, g * size, (g + 1) * size, !groupTaken[g]);
      }
    }

    private float sumOfTwoBest(int from, int to) {
      float first = Float.NEGATIVE_INFINITY;
      float second = Float.NEGATIVE_INFINITY;
      for (int e = from; e < to; e++) {
        if (biased[e] > first) {
          second = first;
          first = biased[e];
        } else if (biased[e] > second) {
          second = biased[e];
        }
      }
      return to - from < 2 ? first : first + second;
    }

    /** Marks and returns the first of the greatest values not yet taken. */
    private static int takeBest(float[] values, boolean[] taken) {
      int best = -1;
      for (int i = 0; i < values.length; i++) {
        if (!taken[i] && (best < 0 || values[i] > values[best])) {
          best = i;
        }
      }
      taken[best] = true;
      return best;
    }

    private void writeWeights(long at) {
      if (op.scoring() == Scoring.SOFTMAX_OF_TOP_K) {
        softmax(picked);
      }
      double factor = op.scale();
      if (op.normalise()) {
        double sum = 1e-20;
        for (float weight : picked) {
          sum += weight;
        }
        factor /= sum;
      }
      for (int j = 0; j < chosen; j++) {
        memory.weights().set(Host.FLOAT, at + 4L * j, (float) (picked[j] * factor));
      }
    }

    private static void softmax(float[] values) {
      float max = Float.NEGATIVE_INFINITY;
      for (float value : values) {
        max = Math.max(max, value);
      }
      double sum = 0;
      for (float value : values) {
        sum += Math.exp((double) value - max);
      }
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (Math.exp((double) values[i] - max) / sum);
      }
    }

    private static void sigmoid(float[] values) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (1 / (1 + Math.exp(-(double) values[i])));
      }
    }
  }
}
