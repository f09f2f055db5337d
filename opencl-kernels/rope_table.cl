/*
 * rope_table: out[t, i] = scale * cos(p[t] * inv_freq[i]), out[t, R/2 + i] the sine.
 *
 * The angle is kept as an exact product of two float32, and multiples of pi/2 are taken off in
 * three parts (Cody and Waite 1980), so that no float64 is needed. Absolute error below 3e-7 for
 * angles and positions below 2^24.
 *
 * Launch: global (R/2 rounded up, T). No macros of its own.
 */
#define HALF_PI_HIGH 0x1.921fb6p+0f
#define HALF_PI_MIDDLE -0x1.777a5cp-25f
#define HALF_PI_LOW -0x1.ee59dap-50f

typedef struct {
  vector_view positions, inv_freq;
  matrix_view out;
  long pairs;
  float scale;
} rope_table_params;

__kernel void rope_table(INPUT positions, INPUT inv_freq, GLOBAL out, const rope_table_params p) {
  long i = get_global_id(0);
  long t = get_global_id(1);
  if (i >= p.pairs) {
    return;
  }
  float position = (float)CONST_INTS(positions, p.positions.offset)[t];
  float frequency = CONST_FLOATS(inv_freq, p.inv_freq.offset)[i];
  float product = position * frequency;
  float rest = fma(position, frequency, -product);
  float turns = rint(product * 0.63661977f);
  float angle = fma(-turns, HALF_PI_HIGH, product);
  angle = fma(-turns, HALF_PI_MIDDLE, angle);
  angle = fma(-turns, HALF_PI_LOW, angle) + rest;
  float c = cos(angle);
  float s = sin(angle);
  int quadrant = (int)turns & 3;
  float cosine = quadrant == 0 ? c : quadrant == 1 ? -s : quadrant == 2 ? -c : s;
  float sine = quadrant == 0 ? s : quadrant == 1 ? c : quadrant == 2 ? -s : -c;
  __global float *row = FLOATS(out, p.out.offset + t * p.out.stride0);
  row[i] = p.scale * cosine;
  row[p.pairs + i] = p.scale * sine;
}
