#include "../arguments.h"
#include "levin/kernels/elementwise.h"

using namespace levin::native;

levin_status levin_gated_activation(levin_stream stream, const levin_gated_activation_args* args) {
  return run_op(__func__, stream, args, [](const levin_gated_activation_args& a, cudaStream_t on) {
    check_f32("gate", a.gate, {kAny, kAny});
    check_optional_f32("up", a.up, {a.gate.shape[0], a.gate.shape[1]});
    check_f32("out", a.out, {a.gate.shape[0], a.gate.shape[1]});
    check_that(a.activation >= LEVIN_ACTIVATION_SILU && a.activation <= LEVIN_ACTIVATION_SWIGLU_CLAMPED,
               "unknown activation");
    check_that(present(a.up) || a.activation != LEVIN_ACTIVATION_SWIGLU_CLAMPED || a.gate.shape[0] == 0,
               "clamped SwiGLU needs up");
    levin::GatedActivationParams p{};
    p.gate = matrix<const float>(a.gate);
    p.up = matrix<const float>(a.up);
    p.out = matrix<float>(a.out);
    p.tokens = a.gate.shape[0];
    p.size = a.gate.shape[1];
    p.activation = static_cast<levin::Activation>(a.activation);
    return levin::gated_activation(p, on);
  });
}
