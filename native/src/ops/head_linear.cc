#include "../arguments.h"
#include "levin/kernels/linear.h"

using namespace levin::native;

levin_status levin_head_linear(levin_stream stream, const levin_head_linear_args* args) {
  return run_op(__func__, stream, args, [](const levin_head_linear_args& a, cudaStream_t on) {
    check_activation("x", a.x, {kAny, kAny, kAny});
    check_tensor("weight", a.weight, kAny, {a.x.shape[1], kAny, a.x.shape[2]});
    check_tensor("out", a.out, a.x.dtype, {a.x.shape[0], a.x.shape[1], a.weight.shape[1]});
    levin::LinearParams p{};
    p.x = cube<const uint8_t>(a.x);
    p.weight = cube<const uint8_t>(a.weight);
    p.out = cube<uint8_t>(a.out);
    p.tokens = a.x.shape[0];
    p.heads = a.x.shape[1];
    p.n = a.weight.shape[1];
    p.k = a.x.shape[2];
    p.dtype = dtype_of(a.weight);
    p.x_dtype = dtype_of(a.x);
    p.out_dtype = dtype_of(a.out);
    p.scale = 1.0f;
    return levin::linear(p, on);
  });
}
