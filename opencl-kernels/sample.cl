/*
 * sample: a token for each row of logits, as dev.levin.core.op.Sample defines it; -1 for a row that
 * holds NaN or positive infinity, or nothing but negative infinity.
 *
 * Nothing is sorted: the k-th highest logit, and the one at which the mass top_p is reached, are
 * found by radix selection over an order-preserving key. Masses are integers in units of 2^-40 of
 * the largest, so that sums are exact in whatever order items bring them. Every item counts digits
 * of its own logits: 64-bit atomics are an extension.
 *
 * Launch: global (SAMPLE_ITEMS, R), local (SAMPLE_ITEMS, 1): the items share a row. No macros of its
 * own. Filters that a row does not ask for run over no logits, but meet the same barriers.
 */
#if LANES == 1
#define SAMPLE_ITEMS 1
#define DIGIT_BITS 8
#define MEET()
#else
#define SAMPLE_ITEMS 128
#define DIGIT_BITS 4
#define MEET() barrier(CLK_LOCAL_MEM_FENCE)
#endif

#define DIGITS (1 << DIGIT_BITS)
#define MASS_UNITS 0x1p40f
#define ALL_TIES 0xffffffffu
#define SIGN 0x80000000u

typedef struct {
  matrix_view logits;
  vector_view temperature, top_k, top_p, min_p, point, ids;
  long vocab;
} sample_params;

/* What items share: digits of each, their sums, and a number of each. */
typedef struct {
  ulong bins[DIGITS][SAMPLE_ITEMS];
  ulong totals[DIGITS];
  ulong sums[SAMPLE_ITEMS];
  uint keys[SAMPLE_ITEMS];
  int ids[SAMPLE_ITEMS];
} sample_memory;

/* Candidates: keys above key, and of those equal to it the ties with the lowest ids. */
typedef struct {
  uint key, ties;
} kept_tokens;

/* The logits that a stage looks at, and how it weighs them: by number, or by mass. */
typedef struct {
  const __global float *row;
  int count;
  bool by_mass;
  float highest, temperature;
} weighing;

/* Keys order as the logits do; both zeros have one key. */
INLINE uint key_of(float logit) {
  uint bits = as_uint(logit + 0.0f);
  return bits & SIGN ? ~bits : bits | SIGN;
}

INLINE float logit_of(uint key) {
  return as_float(key & SIGN ? key & ~SIGN : ~key);
}

INLINE ulong weight_of(const weighing *w, float logit) {
  return w->by_mass ? (ulong)(exp((logit - w->highest) / w->temperature) * MASS_UNITS) : 1;
}

/* Whether candidates with this key are weighed one by one; limited ties are weighed at once. */
INLINE bool is_counted(kept_tokens kept, uint key) {
  return key > kept.key || (key == kept.key && kept.ties == ALL_TIES);
}

INLINE ulong limited_ties(const weighing *w, kept_tokens kept) {
  return kept.ties == ALL_TIES ? 0 : kept.ties * weight_of(w, logit_of(kept.key));
}

/* The sum of a number of each item; every item gets it. All items must call. */
INLINE ulong sum_items(ulong value, __local sample_memory *shared, int item) {
  MEET();
  shared->sums[item] = value;
  MEET();
  ulong sum = 0;
  for (int i = 0; i < SAMPLE_ITEMS; i++) {
    sum += shared->sums[i];
  }
  return sum;
}

/* The highest logit's id, the lowest among equals, or -1; every item gets it. All items must call. */
INLINE int best_token(
    const __global float *row, int vocab, __local sample_memory *shared, int item) {
  uint key = 0;
  int id = vocab;
  ulong invalid = 0;
  for (int i = item; i < vocab; i += SAMPLE_ITEMS) {
    uint other = key_of(row[i]);
    invalid += !(row[i] < INFINITY);
    id = other > key ? i : id;
    key = max(other, key);
  }
  shared->keys[item] = key;
  shared->ids[item] = id;
  invalid = sum_items(invalid, shared, item);
  for (int i = 0; i < SAMPLE_ITEMS; i++) {
    bool better = shared->keys[i] > key || (shared->keys[i] == key && shared->ids[i] < id);
    key = better ? shared->keys[i] : key;
    id = better ? shared->ids[i] : id;
  }
  return invalid > 0 || key == key_of(-INFINITY) ? -1 : id;
}

/* What all candidates weigh; every item gets it. All items must call. */
INLINE ulong total_weight(
    const weighing *w, kept_tokens kept, __local sample_memory *shared, int item) {
  ulong sum = 0;
  for (int i = item; i < w->count; i += SAMPLE_ITEMS) {
    sum += is_counted(kept, key_of(w->row[i])) ? weight_of(w, w->row[i]) : 0;
  }
  return sum_items(sum, shared, item) + limited_ties(w, kept);
}

/*
 * The highest key from which upwards the candidates weigh at least target; above gets what those
 * with higher keys weigh. Every item gets both. All items must call.
 */
INLINE uint select_key(
    const weighing *w, kept_tokens kept, ulong target, ulong *above, __local sample_memory *shared,
    int item) {
  uint found = 0;
  uint decided = 0;
  *above = 0;
  for (int shift = 32 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
    for (int digit = 0; digit < DIGITS; digit++) {
      shared->bins[digit][item] = 0;
    }
    for (int i = item; i < w->count; i += SAMPLE_ITEMS) {
      uint key = key_of(w->row[i]);
      if (is_counted(kept, key) && (key & decided) == found) {
        shared->bins[key >> shift & (DIGITS - 1)][item] += weight_of(w, w->row[i]);
      }
    }
    MEET();
    uint tied = kept.key >> shift & (DIGITS - 1);
    for (int digit = item; digit < DIGITS; digit += SAMPLE_ITEMS) {
      bool ties = tied == (uint)digit && (kept.key & decided) == found;
      ulong sum = ties ? limited_ties(w, kept) : 0;
      for (int i = 0; i < SAMPLE_ITEMS; i++) {
        sum += shared->bins[digit][i];
      }
      shared->totals[digit] = sum;
    }
    MEET();
    int digit = DIGITS - 1;
    while (digit > 0 && *above + shared->totals[digit] < target) {
      *above += shared->totals[digit];
      digit--;
    }
    found |= (uint)digit << shift;
    decided |= (uint)(DIGITS - 1) << shift;
    MEET();
  }
  return found;
}

/* share * total for a share in [0, 1], rounded down to a multiple of 2^-24; exact but for that. */
INLINE ulong share_of(float share, ulong total, bool round_up) {
  ulong parts = (ulong)(clamp(share, 0.0f, 1.0f) * 0x1p24f);
  ulong low = (total & 0xffffff) * parts;
  return (total >> 24) * parts + (low >> 24) + (round_up && (low & 0xffffff) ? 1 : 0);
}

/* The top_k highest; all of them where count is 0. All items must call. */
INLINE kept_tokens keep_best(
    const __global float *row, int count, int top_k, __local sample_memory *shared, int item) {
  weighing each = {row, count, false, 0.0f, 1.0f};
  kept_tokens all = {0, ALL_TIES};
  ulong above;
  uint key = select_key(&each, all, (ulong)top_k, &above, shared, item);
  kept_tokens best = {key, (uint)((ulong)top_k - above)};
  return count > 0 ? best : all;
}

/* The fewest highest that reach the mass top_p; kept where count is 0. All items must call. */
INLINE kept_tokens keep_mass(
    const __global float *row, int count, kept_tokens kept, float highest, float top_p,
    __local sample_memory *shared, int item) {
  weighing w = {row, count, true, highest, 1.0f};
  ulong total = total_weight(&w, kept, shared, item);
  ulong target = max(share_of(top_p, total, true), (ulong)1);
  ulong above;
  uint key = select_key(&w, kept, target, &above, shared, item);
  ulong each = weight_of(&w, logit_of(key));
  ulong ties = each == 0 ? 1 : (target - above + each - 1) / each;
  ulong limit = key == kept.key ? kept.ties : ALL_TIES;
  kept_tokens fewest = {key, (uint)min(ties, limit)};
  return count > 0 ? fewest : kept;
}

/*
 * The candidate at a point of the cumulated masses, in the order of ids: each item has a run of
 * them. Every item gets it. All items must call.
 */
INLINE int draw_token(
    const weighing *w, kept_tokens kept, float point, __local sample_memory *shared, int item) {
  int run = (w->count + SAMPLE_ITEMS - 1) / SAMPLE_ITEMS;
  int begin = min(item * run, w->count);
  int end = min(begin + run, w->count);
  ulong ties = 0;
  for (int i = begin; i < end; i++) {
    ties += key_of(w->row[i]) == kept.key;
  }
  sum_items(ties, shared, item);
  ulong first_tie = 0;
  for (int i = 0; i < item; i++) {
    first_tie += shared->sums[i];
  }
  ulong sum = 0;
  ulong tie = first_tie;
  for (int i = begin; i < end; i++) {
    uint key = key_of(w->row[i]);
    bool is_tie = key == kept.key;
    sum += key > kept.key || (is_tie && tie < kept.ties) ? weight_of(w, w->row[i]) : 0;
    tie += is_tie;
  }
  ulong total = sum_items(sum, shared, item);
  ulong target = min(share_of(point, total, false), total - 1);
  ulong before = 0;
  for (int i = 0; i < item; i++) {
    before += shared->sums[i];
  }
  bool is_here = before <= target && target < before + sum;
  tie = first_tie;
  for (int i = begin; is_here && i < end && before <= target; i++) {
    uint key = key_of(w->row[i]);
    bool is_tie = key == kept.key;
    before += key > kept.key || (is_tie && tie < kept.ties) ? weight_of(w, w->row[i]) : 0;
    tie += is_tie;
    shared->ids[0] = i;
  }
  MEET();
  return shared->ids[0];
}

__kernel __attribute__((reqd_work_group_size(SAMPLE_ITEMS, 1, 1))) void sample(
    INPUT logits, INPUT temperatures, INPUT top_ks, INPUT top_ps, INPUT min_ps, INPUT points,
    GLOBAL ids, const sample_params p) {
  __local sample_memory shared;
  int item = (int)get_local_id(0);
  long r = get_global_id(1);
  const __global float *row = CONST_FLOATS(logits, p.logits.offset + r * p.logits.stride0);
  int vocab = (int)p.vocab;
  float temperature = CONST_FLOATS(temperatures, p.temperature.offset)[r];
  int top_k = CONST_INTS(top_ks, p.top_k.offset)[r];
  float top_p = CONST_FLOATS(top_ps, p.top_p.offset)[r];
  float min_p = CONST_FLOATS(min_ps, p.min_p.offset)[r];
  int best = best_token(row, vocab, &shared, item);
  bool drawn = best >= 0 && temperature > 0.0f;
  float highest = drawn ? row[best] : 0.0f;
  bool few = drawn && top_k > 0 && top_k < vocab;
  kept_tokens kept = keep_best(row, few ? vocab : 0, top_k, &shared, item);
  kept = keep_mass(row, drawn && top_p < 1.0f ? vocab : 0, kept, highest, top_p, &shared, item);
  uint least = min(key_of(highest + log(min_p)), key_of(highest));
  if (drawn && min_p > 0.0f && least > kept.key) {
    kept.key = least;
    kept.ties = ALL_TIES;
  }
  weighing w = {row, drawn ? vocab : 0, true, highest, temperature};
  int token = draw_token(&w, kept, CONST_FLOATS(points, p.point.offset)[r], &shared, item);
  if (item == 0) {
    ((__global int *)(ids + p.ids.offset))[r] = drawn ? token : best;
  }
}
