/*
 * Element by element: add, soft_cap, gated_activation. One work-item per element of [T, C].
 *
 *   add               out = x + scale * y
 *   soft_cap          out = cap * tanh(x / cap)
 *   gated_activation  out = f(gate) * up, or f(gate) without up
 *
 * Outputs may be inputs. Launch: global (C rounded up, T). No macros of its own.
 */
typedef struct {
  matrix_view x, y, out;
  long size;
  float scale;
} add_params;

__kernel void add(INPUT x, INPUT y, GLOBAL out, const add_params p) {
  long c = get_global_id(0);
  long t = get_global_id(1);
  if (c < p.size) {
    float value = fma(p.scale, load_act(CONST_ACTS(y, p.y.offset + t * p.y.stride0), c),
                      load_act(CONST_ACTS(x, p.x.offset + t * p.x.stride0), c));
    store_act(ACTS(out, p.out.offset + t * p.out.stride0), c, value);
  }
}

typedef struct {
  matrix_view x, out;
  long size;
  float cap;
} soft_cap_params;

__kernel void soft_cap(INPUT x, GLOBAL out, const soft_cap_params p) {
  long c = get_global_id(0);
  long t = get_global_id(1);
  if (c < p.size) {
    float value = load_act(CONST_ACTS(x, p.x.offset + t * p.x.stride0), c);
    store_act(ACTS(out, p.out.offset + t * p.out.stride0), c, p.cap * tanh(value / p.cap));
  }
}

typedef struct {
  matrix_view gate, up, out;
  long size, activation;
} gated_activation_params;

__kernel void gated_activation(INPUT gate, INPUT up, GLOBAL out, const gated_activation_params p) {
  long c = get_global_id(0);
  long t = get_global_id(1);
  if (c >= p.size) {
    return;
  }
  float g = load_act(CONST_ACTS(gate, p.gate.offset + t * p.gate.stride0), c);
  float u = up ? load_act(CONST_ACTS(up, p.up.offset + t * p.up.stride0), c) : 1.0f;
  float value;
  if (p.activation == SWIGLU_CLAMPED) {
    g = g > 7.0f ? 7.0f : g;
    u = u > 7.0f ? 7.0f : u < -7.0f ? -7.0f : u;
    value = g * sigmoid(1.702f * g) * (u + 1.0f);
  } else {
    value = activate((int)p.activation, g) * u;
  }
  store_act(ACTS(out, p.out.offset + t * p.out.stride0), c, value);
}
