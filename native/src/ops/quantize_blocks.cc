#include "block_arguments.h"

using namespace levin::native;

levin_status levin_quantize_blocks(levin_stream stream, const levin_quantize_blocks_args* args) {
  return run_op(__func__, stream, args, [](const levin_quantize_blocks_args& a, cudaStream_t on) {
    check_tensor("x", a.x, kAny, {kAny, kAny});
    const int64_t tokens = a.x.shape[0];
    const int64_t k = a.x.shape[1];
    const levin::BlockFormat format = check_block_format(a.format, k);
    check_blocks("codes", a.codes, "scales", a.scales, format, tokens, k);
    check_that(a.scale > 0, "scale must be positive");
    levin::QuantizeBlocksParams p{};
    p.x = matrix<const uint8_t>(a.x);
    p.out = {matrix<uint8_t>(a.codes), matrix<uint8_t>(a.scales)};
    p.tokens = tokens;
    p.k = k;
    p.scale = a.scale;
    p.format = format;
    p.x_dtype = dtype_of(a.x);
    return levin::quantize_blocks(p, on);
  });
}
