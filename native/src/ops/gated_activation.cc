#include "../arguments.h"
#include "levin/kernels/elementwise.h"

using namespace levin::native;

levin_status levin_gated_activation(levin_stream stream, const levin_gated_activation_args* args) {
  return run_op(__func__, stream, args, [](const levin_gated_activation_args& a, cudaStream_t on) {
    check_activation("gate", a.gate, {kAny, kAny});
    check_optional("up", a.up, a.gate.dtype, {a.gate.shape[0], a.gate.shape[1]});
    check_tensor("out", a.out, a.gate.dtype, {a.gate.shape[0], a.gate.shape[1]});
    check_that(a.activation >= LEVIN_ACTIVATION_SILU && a.activation <= LEVIN_ACTIVATION_SWIGLU_CLAMPED,
               "unknown activation");
    check_that(present(a.up) || a.activation != LEVIN_ACTIVATION_SWIGLU_CLAMPED || a.gate.shape[0] == 0,
               "clamped SwiGLU needs up");
    levin::GatedActivationParams p{};
    p.gate = matrix<const uint8_t>(a.gate);
    p.up = matrix<const uint8_t>(a.up);
    p.out = matrix<uint8_t>(a.out);
    p.tokens = a.gate.shape[0];
    p.size = a.gate.shape[1];
    p.activations = dtype_of(a.gate);
    p.activation = static_cast<levin::Activation>(a.activation);
    return levin::gated_activation(p, on);
  });
}
