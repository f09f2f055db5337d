package dev.levin.testkit.reference;

import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.Scoring;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The choice of experts. */
final class ReferenceRouting {
  private ReferenceRouting() {}

  static void routeExperts(RouteExperts op) {
    int experts = Math.toIntExact(op.logits().dim(1));
    int chosenCount = Math.toIntExact(op.ids().dim(1));
    double[] bias =
        op.selectionBias() == null ? new double[experts] : Rows.read(op.selectionBias());
    for (long t = 0; t < op.logits().dim(0); t++) {
      double[] scores = scores(op.scoring(), Rows.read(op.logits(), t));
      double[] ranks = new double[experts];
      for (int e = 0; e < experts; e++) {
        ranks[e] = scores[e] + bias[e];
      }
      List<Integer> chosen = best(ranks, competing(op, ranks)).subList(0, chosenCount);
      Rows.writeInts(op.ids(), chosen.stream().mapToInt(Integer::intValue).toArray(), t);
      Rows.write(op.weights(), weights(op, scores, chosen), t);
    }
  }

  private static double[] scores(Scoring scoring, double[] logits) {
    return switch (scoring) {
      case SOFTMAX -> softmax(logits);
      case SOFTMAX_OF_TOP_K -> logits;
      case SIGMOID -> {
        double[] scores = new double[logits.length];
        for (int e = 0; e < scores.length; e++) {
          scores[e] = ReferenceOps.sigmoid(logits[e]);
        }
        yield scores;
      }
    };
  }

  /** The experts of the best groups. */
  private static List<Integer> competing(RouteExperts op, double[] ranks) {
    int size = ranks.length / op.groups();
    double[] groupRanks = new double[op.groups()];
    for (int g = 0; g < op.groups(); g++) {
      List<Integer> members = best(ranks, range(g * size, (g + 1) * size));
      for (int member : members.subList(0, Math.min(2, size))) {
        groupRanks[g] += ranks[member];
      }
    }
    List<Integer> experts = new ArrayList<>();
    for (int g : best(groupRanks, range(0, op.groups())).subList(0, op.topGroups())) {
      experts.addAll(range(g * size, (g + 1) * size));
    }
    return experts;
  }

  private static double[] weights(RouteExperts op, double[] scores, List<Integer> chosen) {
    double[] weights = new double[chosen.size()];
    for (int j = 0; j < weights.length; j++) {
      weights[j] = scores[chosen.get(j)];
    }
    if (op.scoring() == Scoring.SOFTMAX_OF_TOP_K) {
      weights = softmax(weights);
    }
    double sum = 1e-20;
    for (double weight : weights) {
      sum += weight;
    }
    for (int j = 0; j < weights.length; j++) {
      weights[j] = (op.normalise() ? weights[j] / sum : weights[j]) * op.scale();
    }
    return weights;
  }

  /** Highest rank first, equal ranks by the lower id. */
  private static List<Integer> best(double[] ranks, List<Integer> ids) {
    List<Integer> sorted = new ArrayList<>(ids);
    sorted.sort(Comparator.<Integer>comparingDouble(id -> -ranks[id]).thenComparing(id -> id));
    return sorted;
  }

  private static List<Integer> range(int from, int to) {
    List<Integer> range = new ArrayList<>();
    for (int i = from; i < to; i++) {
      range.add(i);
    }
    return range;
  }

  private static double[] softmax(double[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    double[] result = new double[logits.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = Math.exp(logits[i] - max);
      sum += result[i];
    }
    for (int i = 0; i < result.length; i++) {
      result[i] /= sum;
    }
    return result;
  }
}
