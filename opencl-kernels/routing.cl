/*
 * route_experts: the k best experts of each token, best first, ties to the lower id; selection by
 * score + bias, weights from the plain scores. With groups only the best top_groups compete
 * (DeepSeek-V3): a group ranks by the sum of its two best biased scores.
 *
 * Local memory: scores [E], ranks [E], group ranks [groups]. Launch: global (LANES, T), local
 * (LANES, 1): the lanes share the experts of a token. No macros of its own.
 *
 * sort_by_expert: the assignments t * k + j sorted by expert, in their own order within one; starts
 * [E + 2] is where each expert's begin in order [T * k], those of ids outside [0, E) last. Launch:
 * global (SORT_ITEMS, 1), local (SORT_ITEMS, 1): an item has every SORT_ITEMS-th expert.
 *
 * combine_experts: out[t] = residual[t] + sum over j of combine[t, j] * y[t, j], in the order of j;
 * y and combine are float32. Launch: global (N rounded up, T).
 */
#if LANES == 1
#define SORT_ITEMS 1
#else
#define SORT_ITEMS 256
#endif

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

/* Every lane gets the largest, or NaN nowhere: fmax leaves NaN out. All lanes must call. */
INLINE float max_lanes(float value, __local float *scratch, int lane) {
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[lane] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  float largest = scratch[0];
  for (int i = 1; i < LANES; i++) {
    largest = fmax(largest, scratch[i]);
  }
  return largest;
}

/*
 * In place where softmax is asked for; values of -infinity become 0. All lanes must call: whatever
 * the scoring, a work-group meets the same barriers.
 */
INLINE void softmax_local(
    __local float *values, long count, bool asked, __local float *scratch, int lane) {
  float largest = -INFINITY;
  for (long e = lane; e < count; e += LANES) {
    largest = fmax(largest, values[e]);
  }
  largest = max_lanes(largest, scratch, lane);
  float sum = 0.0f;
  for (long e = lane; e < count; e += LANES) {
    values[e] = asked ? exp(values[e] - largest) : values[e];
    sum += values[e];
  }
  sum = sum_lanes(sum, scratch, lane);
  for (long e = lane; e < count; e += LANES) {
    values[e] = asked ? values[e] / sum : values[e];
  }
}

/* Whether rank a of expert i comes before rank b of expert j. */
INLINE bool is_better(float a, int i, float b, int j) {
  return a > b || (a == b && i < j);
}

/* The expert of the highest rank, the lowest of equals, in every lane. All lanes must call. */
INLINE int best_of_lanes(
    __local const float *ranks, int count, __local float *scratch, __local int *indices, int lane) {
  int best = min(lane, count - 1);
  for (int e = lane + LANES; e < count; e += LANES) {
    best = is_better(ranks[e], e, ranks[best], best) ? e : best;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[lane] = ranks[best];
  indices[lane] = best;
  barrier(CLK_LOCAL_MEM_FENCE);
  int winner = 0;
  for (int i = 1; i < LANES; i++) {
    winner = is_better(scratch[i], indices[i], scratch[winner], indices[winner]) ? i : winner;
  }
  return indices[winner];
}

/* The sum of a group's two best ranks; of its one rank where it has no more. */
INLINE float rank_of_group(__local const float *ranks, long size) {
  float first = -INFINITY;
  float second = -INFINITY;
  for (long e = 0; e < size; e++) {
    second = fmax(second, fmin(first, ranks[e]));
    first = fmax(first, ranks[e]);
  }
  return size == 1 ? first : first + second;
}

/*
 * Ranks of experts in groups that do not compete become -infinity: those of groups behind
 * top_groups others. All lanes must call.
 */
INLINE void keep_best_groups(
    __local float *ranks, __local float *group_ranks, const route_experts_params *p, int lane) {
  long size = p->experts / p->groups;
  for (long g = lane; g < p->groups; g += LANES) {
    group_ranks[g] = rank_of_group(ranks + g * size, size);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (long g = lane; g < p->groups; g += LANES) {
    long before = 0;
    for (long other = 0; other < p->groups; other++) {
      before += is_better(group_ranks[other], (int)other, group_ranks[g], (int)g);
    }
    for (long e = g * size; before >= p->top_groups && e < (g + 1) * size; e++) {
      ranks[e] = -INFINITY;
    }
  }
  barrier(CLK_LOCAL_MEM_FENCE);
}

/* From the scores of the chosen experts, of which largest is one, to their weights. */
INLINE void finish_weights(__global float *weights, float largest, const route_experts_params *p) {
  float sum = 0.0f;
  for (long j = 0; j < p->chosen; j++) {
    if (p->scoring == SOFTMAX_OF_TOP_K) {
      weights[j] = exp(weights[j] - largest);
    }
    sum += weights[j];
  }
  bool divide = p->normalise || p->scoring == SOFTMAX_OF_TOP_K;
  for (long j = 0; j < p->chosen; j++) {
    weights[j] = (divide ? weights[j] / (sum + 1e-20f) : weights[j]) * p->scale;
  }
}

__kernel __attribute__((reqd_work_group_size(LANES, 1, 1))) void route_experts(
    INPUT logits, INPUT bias, GLOBAL ids, GLOBAL weights, __local float *scores,
    __local float *ranks, __local float *group_ranks, const route_experts_params p) {
  __local float scratch[LANES];
  __local int indices[LANES];
  int lane = (int)get_local_id(0);
  long t = get_global_id(1);
  const __global float *row = CONST_FLOATS(logits, p.logits.offset + t * p.logits.stride0);
  for (long e = lane; e < p.experts; e += LANES) {
    scores[e] = p.scoring == SIGMOID ? sigmoid(row[e]) : row[e];
  }
  softmax_local(scores, p.experts, p.scoring == SOFTMAX, scratch, lane);
  for (long e = lane; e < p.experts; e += LANES) {
    ranks[e] = scores[e] + (bias ? CONST_FLOATS(bias, p.bias.offset)[e] : 0.0f);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  keep_best_groups(ranks, group_ranks, &p, lane);
  __global int *to_ids = (__global int *)(ids + p.ids.offset + t * p.ids.stride0);
  __global float *to_weights = FLOATS(weights, p.weights.offset + t * p.weights.stride0);
  float largest = -INFINITY;
  for (long j = 0; j < p.chosen; j++) {
    int best = best_of_lanes(ranks, (int)p.experts, scratch, indices, lane);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane == 0) {
      ranks[best] = -INFINITY;
      to_ids[j] = best;
      to_weights[j] = scores[best];
    }
    largest = fmax(largest, scores[best]);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (lane == 0) {
    finish_weights(to_weights, largest, &p);
  }
}

typedef struct {
  matrix_view ids;
  vector_view starts, order;
  long tokens, chosen, experts;
} sort_by_expert_params;

/* The bucket of assignment a: its expert, or the one after all for an id outside [0, E). */
INLINE int bucket_of(INPUT ids, const sort_by_expert_params *p, long a) {
  int id = CONST_INTS(ids, p->ids.offset + a / p->chosen * p->ids.stride0)[a % p->chosen];
  return id >= 0 && id < p->experts ? id : (int)p->experts;
}

__kernel __attribute__((reqd_work_group_size(SORT_ITEMS, 1, 1))) void sort_by_expert(
    INPUT ids, GLOBAL starts, GLOBAL order, const sort_by_expert_params p) {
  int item = (int)get_local_id(0);
  __global int *start = (__global int *)(starts + p.starts.offset);
  __global int *sorted = (__global int *)(order + p.order.offset);
  long assignments = p.tokens * p.chosen;
  for (long b = item; b <= p.experts; b += SORT_ITEMS) {
    int before = 0;
    int count = 0;
    for (long a = 0; a < assignments; a++) {
      int bucket = bucket_of(ids, &p, a);
      before += bucket < b;
      count += bucket == b;
    }
    start[b] = before;
    if (b == p.experts) {
      start[b + 1] = before + count;
    }
    int at = before;
    for (long a = 0; count > 0 && a < assignments; a++) {
      if (bucket_of(ids, &p, a) == b) {
        sorted[at++] = (int)a;
        count--;
      }
    }
  }
}

typedef struct {
  cube_view y;
  matrix_view combine, residual, out;
  long chosen, n;
} combine_experts_params;

__kernel void combine_experts(
    INPUT y, INPUT combine, INPUT residual, GLOBAL out, const combine_experts_params p) {
  long n = get_global_id(0);
  long t = get_global_id(1);
  if (n >= p.n) {
    return;
  }
  float total =
      residual ? load_act(CONST_ACTS(residual, p.residual.offset + t * p.residual.stride0), n) : 0.0f;
  const __global float *factors = CONST_FLOATS(combine, p.combine.offset + t * p.combine.stride0);
  for (long j = 0; j < p.chosen; j++) {
    float value = CONST_FLOATS(y, p.y.offset + t * p.y.stride0 + j * p.y.stride1)[n];
    total = fma(factors[j], value, total);
  }
  store_act(ACTS(out, p.out.offset + t * p.out.stride0), n, total);
}
