/*
 * route_experts: the k best experts of each token, best first, ties to the lower id; selection by
 * score + bias, weights from the plain scores. With groups only the best top_groups compete
 * (DeepSeek-V3): a group ranks by the sum of its two best biased scores.
 *
 * Local memory: scores [E], ranks [E], group ranks [groups]. Launch: global (1, T), local (1, 1):
 * a token is chosen for by one work-item, so that ties have one winner. No macros of its own.
 */
#define SOFTMAX 0
#define SOFTMAX_OF_TOP_K 1
#define SIGMOID 2

typedef struct {
  matrix_view logits;
  vector_view bias;
  matrix_view ids, weights;
  long experts, chosen, groups, top_groups, scoring, normalise;
  float scale;
} route_experts_params;

/* In place; values of -infinity become 0. */
INLINE void softmax_local(__local float *values, long count) {
  float largest = -INFINITY;
  for (long e = 0; e < count; e++) {
    largest = fmax(largest, values[e]);
  }
  float sum = 0.0f;
  for (long e = 0; e < count; e++) {
    values[e] = exp(values[e] - largest);
    sum += values[e];
  }
  for (long e = 0; e < count; e++) {
    values[e] /= sum;
  }
}

INLINE long best_of(__local float *ranks, long from, long to) {
  long best = from;
  for (long e = from + 1; e < to; e++) {
    best = ranks[e] > ranks[best] ? e : best;
  }
  return best;
}

/* Ranks of experts in groups that do not compete become -infinity. */
INLINE void keep_best_groups(
    __local float *ranks, __local float *group_ranks, const route_experts_params *p) {
  long size = p->experts / p->groups;
  for (long g = 0; g < p->groups; g++) {
    long first = best_of(ranks, g * size, (g + 1) * size);
    float second = size == 1 ? 0.0f : -INFINITY;
    for (long e = g * size; e < (g + 1) * size; e++) {
      second = e == first ? second : fmax(second, ranks[e]);
    }
    group_ranks[g] = ranks[first] + second;
  }
  for (long dropped = p->groups - p->top_groups; dropped > 0; dropped--) {
    long worst = -1;
    for (long g = 0; g < p->groups; g++) {
      bool alive = !isnan(group_ranks[g]);
      if (alive && (worst < 0 || group_ranks[g] <= group_ranks[worst])) {
        worst = g;
      }
    }
    if (worst < 0) {
      return;
    }
    group_ranks[worst] = NAN;
    for (long e = worst * size; e < (worst + 1) * size; e++) {
      ranks[e] = -INFINITY;
    }
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void route_experts(
    INPUT logits, INPUT bias, GLOBAL ids, GLOBAL weights, __local float *scores,
    __local float *ranks, __local float *group_ranks, const route_experts_params p) {
  long t = get_global_id(1);
  const __global float *row = CONST_FLOATS(logits, p.logits.offset + t * p.logits.stride0);
  for (long e = 0; e < p.experts; e++) {
    scores[e] = p.scoring == SIGMOID ? sigmoid(row[e]) : row[e];
  }
  if (p.scoring == SOFTMAX) {
    softmax_local(scores, p.experts);
  }
  for (long e = 0; e < p.experts; e++) {
    ranks[e] = scores[e] + (bias ? CONST_FLOATS(bias, p.bias.offset)[e] : 0.0f);
  }
  if (p.top_groups < p.groups) {
    keep_best_groups(ranks, group_ranks, &p);
  }
  __global int *to_ids = (__global int *)(ids + p.ids.offset + t * p.ids.stride0);
  __global float *to_weights = FLOATS(weights, p.weights.offset + t * p.weights.stride0);
  float largest = -INFINITY;
  for (long j = 0; j < p.chosen; j++) {
    long best = best_of(ranks, 0, p.experts);
    ranks[best] = -INFINITY;
    to_ids[j] = (int)best;
    to_weights[j] = scores[best];
    largest = fmax(largest, scores[best]);
  }
  float sum = 0.0f;
  for (long j = 0; j < p.chosen; j++) {
    if (p.scoring == SOFTMAX_OF_TOP_K) {
      to_weights[j] = exp(to_weights[j] - largest);
    }
    sum += to_weights[j];
  }
  bool divide = p.normalise || p.scoring == SOFTMAX_OF_TOP_K;
  for (long j = 0; j < p.chosen; j++) {
    to_weights[j] = (divide ? to_weights[j] / (sum + 1e-20f) : to_weights[j]) * p.scale;
  }
}
