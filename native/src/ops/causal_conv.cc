#include "../arguments.h"
#include "levin/kernels/state.h"

using namespace levin::native;

levin_status levin_causal_conv(levin_stream stream, const levin_causal_conv_args* args) {
  return run_op(__func__, stream, args, [](const levin_causal_conv_args& a, cudaStream_t on) {
    check_activation("x", a.x, {kAny, kAny});
    const int64_t tokens = a.x.shape[0];
    const int64_t channels = a.x.shape[1];
    const BatchSizes sizes = check_batch(a.batch, tokens);
    check_f32("weight", a.weight, {channels, kAny});
    const int64_t width = a.weight.shape[1];
    check_optional_f32("bias", a.bias, {channels});
    check_f32("state", a.state, {kAny, channels, width - 1});
    check_tensor("out", a.out, a.x.dtype, {tokens, channels});
    check_that(a.activation >= LEVIN_ACTIVATION_SILU && a.activation <= LEVIN_ACTIVATION_NONE &&
                   a.activation != LEVIN_ACTIVATION_SWIGLU_CLAMPED,
               "no activation of a convolution");
    levin::CausalConvParams p{};
    p.x = matrix<const uint8_t>(a.x);
    p.weight = matrix<const float>(a.weight);
    p.bias = data_of<const float>(a.bias);
    p.state = cube<float>(a.state);
    p.out = matrix<uint8_t>(a.out);
    p.cu_seqlens_q = data_of<const int32_t>(a.batch.cu_seqlens_q);
    p.state_slots = data_of<const int32_t>(a.batch.state_slots);
    p.positions = data_of<const int32_t>(a.batch.positions);
    p.seqs = sizes.seqs;
    p.channels = channels;
    p.width = width;
    p.slots = a.state.shape[0];
    p.activations = dtype_of(a.x);
    p.activation = static_cast<levin::Activation>(a.activation);
    return levin::causal_conv(p, on);
  });
}
