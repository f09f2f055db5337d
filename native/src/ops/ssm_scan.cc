#include "../arguments.h"
#include "levin/kernels/state.h"

using namespace levin::native;

levin_status levin_ssm_scan(levin_stream stream, const levin_ssm_scan_args* args) {
  return run_op(__func__, stream, args, [](const levin_ssm_scan_args& a, cudaStream_t on) {
    check_activation("x", a.x, {kAny, kAny, kAny});
    const int64_t tokens = a.x.shape[0];
    const int64_t heads = a.x.shape[1];
    const int64_t size = a.x.shape[2];
    const BatchSizes sizes = check_batch(a.batch, tokens);
    check_tensor("dt", a.dt, a.x.dtype, {tokens, heads});
    check_f32("a", a.a, {heads});
    check_tensor("b", a.b, a.x.dtype, {tokens, kAny, kAny});
    const int64_t groups = a.b.shape[1];
    const int64_t state_size = a.b.shape[2];
    check_tensor("c", a.c, a.x.dtype, {tokens, groups, state_size});
    check_that(groups > 0 && heads % groups == 0, "the heads are not a multiple of the groups");
    check_optional_f32("skip", a.skip, {heads});
    check_f32("dt_bias", a.dt_bias, {heads});
    check_f32("state", a.state, {kAny, heads, size, state_size});
    check_tensor("out", a.out, a.x.dtype, {tokens, heads, size});
    levin::SsmScanParams p{};
    p.x = cube<const uint8_t>(a.x);
    p.dt = matrix<const uint8_t>(a.dt);
    p.a = data_of<const float>(a.a);
    p.b = cube<const uint8_t>(a.b);
    p.c = cube<const uint8_t>(a.c);
    p.skip = data_of<const float>(a.skip);
    p.dt_bias = data_of<const float>(a.dt_bias);
    p.state = pages<float>(a.state);
    p.out = cube<uint8_t>(a.out);
    p.cu_seqlens_q = data_of<const int32_t>(a.batch.cu_seqlens_q);
    p.state_slots = data_of<const int32_t>(a.batch.state_slots);
    p.positions = data_of<const int32_t>(a.batch.positions);
    p.seqs = sizes.seqs;
    p.heads = heads;
    p.groups = groups;
    p.size = size;
    p.state_size = state_size;
    p.slots = a.state.shape[0];
    p.activations = dtype_of(a.x);
    p.dt_min = a.dt_min;
    p.dt_max = a.dt_max;
    return levin::ssm_scan(p, on);
  });
}
