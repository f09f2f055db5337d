#include "levin/kernels/linear.h"

#include "../arguments.h"

using namespace levin::native;

levin_status levin_linear(levin_stream stream, const levin_linear_args* args) {
  return run_op(__func__, stream, args, [](const levin_linear_args& a, cudaStream_t on) {
    check_activation("x", a.x, {kAny, kAny});
    const int64_t tokens = a.x.shape[0];
    check_tensor("weight", a.weight, kAny, {kAny, a.x.shape[1]});
    const int64_t n = a.weight.shape[0];
    check_optional_f32("bias", a.bias, {n});
    check_tensor("out", a.out, a.out.dtype == LEVIN_DTYPE_F32 ? LEVIN_DTYPE_F32 : a.x.dtype, {tokens, n});
    check_optional("residual", a.residual, a.out.dtype, {tokens, n});
    levin::LinearParams p{};
    p.x = {data_of<const uint8_t>(a.x), stride_of(a.x, 0), 0};
    p.weight = {data_of<const uint8_t>(a.weight), 0, stride_of(a.weight, 0)};
    p.bias = data_of<const float>(a.bias);
    p.residual = matrix<const uint8_t>(a.residual);
    p.out = {data_of<uint8_t>(a.out), stride_of(a.out, 0), 0};
    p.tokens = tokens;
    p.heads = 1;
    p.n = n;
    p.k = a.x.shape[1];
    p.dtype = dtype_of(a.weight);
    p.x_dtype = dtype_of(a.x);
    p.out_dtype = dtype_of(a.out);
    p.scale = a.scale;
    return levin::linear(p, on);
  });
}
