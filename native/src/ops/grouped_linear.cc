#include "../arguments.h"
#include "levin/kernels/linear.h"

using namespace levin::native;

namespace {

levin::GroupedLinearParams params_of(const levin_grouped_linear_args& a) {
  levin::GroupedLinearParams p{};
  p.weight = cube<const uint8_t>(a.weight);
  p.bias = matrix<const float>(a.bias);
  p.ids = matrix<const int32_t>(a.ids);
  p.combine = matrix<const float>(a.combine);
  p.residual = matrix<const uint8_t>(a.residual);
  p.x = {data_of<const uint8_t>(a.x), stride_of(a.x, 0), a.x.rank == 3 ? stride_of(a.x, 1) : 0};
  p.out = {data_of<uint8_t>(a.out), stride_of(a.out, 0), a.out.rank == 3 ? stride_of(a.out, 1) : 0};
  p.tokens = a.ids.shape[0];
  p.chosen = a.ids.shape[1];
  p.experts = a.weight.shape[0];
  p.n = a.weight.shape[1];
  p.k = a.weight.shape[2];
  p.dtype = dtype_of(a.weight);
  p.activations = dtype_of(a.x);
  p.workspace = pointer(a.workspace.data);
  return p;
}

void check(const levin_grouped_linear_args& a) {
  check_i32("ids", a.ids, {kAny, kAny});
  check_tensor("weight", a.weight, kAny, {kAny, kAny, kAny});
  const int64_t tokens = a.ids.shape[0];
  const int64_t chosen = a.ids.shape[1];
  const int64_t n = a.weight.shape[1];
  if (a.x.rank == 2) {
    check_activation("x", a.x, {tokens, a.weight.shape[2]});
  } else {
    check_activation("x", a.x, {tokens, chosen, a.weight.shape[2]});
  }
  check_optional_f32("bias", a.bias, {a.weight.shape[0], n});
  if (present(a.combine)) {
    check_f32("combine", a.combine, {tokens, chosen});
    check_optional("residual", a.residual, a.x.dtype, {tokens, n});
    check_tensor("out", a.out, a.x.dtype, {tokens, n});
  } else {
    check_that(!present(a.residual), "residual needs combine");
    check_tensor("out", a.out, a.x.dtype, {tokens, chosen, n});
  }
}

}  // namespace

levin_status levin_grouped_linear(levin_stream stream, const levin_grouped_linear_args* args) {
  return run_op(__func__, stream, args, [](const levin_grouped_linear_args& a, cudaStream_t on) {
    check(a);
    const levin::GroupedLinearParams p = params_of(a);
    check_workspace(a.workspace, levin::grouped_linear_workspace_bytes(p));
    return levin::grouped_linear(p, on);
  });
}

levin_status levin_grouped_linear_workspace(const levin_grouped_linear_args* args, int64_t* bytes) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(args != nullptr && bytes != nullptr);
    *bytes = static_cast<int64_t>(levin::grouped_linear_workspace_bytes(params_of(*args)));
  });
}
