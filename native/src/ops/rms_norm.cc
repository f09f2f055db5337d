#include "../arguments.h"
#include "levin/kernels/norm.h"

using namespace levin::native;

levin_status levin_rms_norm(levin_stream stream, const levin_rms_norm_args* args) {
  return run_op(__func__, stream, args, [](const levin_rms_norm_args& a, cudaStream_t on) {
    const bool grouped = a.x.rank == 3;
    const int64_t tokens = a.x.shape[0];
    const int64_t groups = grouped ? a.x.shape[1] : 1;
    const int64_t size = a.x.shape[grouped ? 2 : 1];
    levin::RmsNormParams p{};
    if (grouped) {
      check_activation("x", a.x, {kAny, kAny, kAny});
      check_tensor("out", a.out, a.x.dtype, {tokens, groups, size});
      p.x = cube<const uint8_t>(a.x);
      p.out = cube<uint8_t>(a.out);
    } else {
      check_activation("x", a.x, {kAny, kAny});
      check_tensor("out", a.out, a.x.dtype, {tokens, size});
      p.x = {data_of<const uint8_t>(a.x), stride_of(a.x, 0), 0};
      p.out = {data_of<uint8_t>(a.out), stride_of(a.out, 0), 0};
    }
    if (present(a.weight) && a.weight.rank == 2) {
      check_f32("weight", a.weight, {groups, size});
      p.weight = matrix<const float>(a.weight);
    } else {
      check_optional_f32("weight", a.weight, {size});
      p.weight = {data_of<const float>(a.weight), 0};
    }
    p.tokens = tokens;
    p.groups = groups;
    p.size = size;
    p.activations = dtype_of(a.x);
    p.eps = a.eps;
    p.weight_bias = a.weight_bias;
    return levin::rms_norm(p, on);
  });
}
