#include "block_arguments.h"

using namespace levin::native;

levin_status levin_block_scaled_linear(levin_stream stream, const levin_block_scaled_linear_args* args) {
  return run_op(__func__, stream, args, [](const levin_block_scaled_linear_args& a, cudaStream_t on) {
    check_tensor("x", a.x, LEVIN_DTYPE_U8, {kAny, kAny});
    check_tensor("weight", a.weight, LEVIN_DTYPE_U8, {kAny, kAny});
    const int64_t k = a.format == LEVIN_BLOCKS_MXFP8 ? a.x.shape[1] : 2 * a.x.shape[1];
    const levin::BlockFormat format = check_block_format(a.format, k);
    const int64_t tokens = a.x.shape[0];
    const int64_t n = a.weight.shape[0];
    check_blocks("x", a.x, "x_scales", a.x_scales, format, tokens, k);
    check_blocks("weight", a.weight, "weight_scales", a.weight_scales, format, n, k);
    check_optional_f32("bias", a.bias, {n});
    check_tensor("out", a.out, kAny, {tokens, n});
    if (present(a.residual)) {
      check_tensor("residual", a.residual, a.out.dtype, {tokens, n});
    }
    levin::BlockScaledLinearParams p{};
    p.x = {matrix<const uint8_t>(a.x), matrix<const uint8_t>(a.x_scales)};
    p.weight = {matrix<const uint8_t>(a.weight), matrix<const uint8_t>(a.weight_scales)};
    p.bias = data_of<const float>(a.bias);
    p.residual = matrix<const uint8_t>(a.residual);
    p.out = matrix<uint8_t>(a.out);
    p.tokens = tokens;
    p.n = n;
    p.k = k;
    p.scale = a.scale;
    p.format = format;
    p.out_dtype = dtype_of(a.out);
    return levin::block_scaled_linear(p, on);
  });
}
