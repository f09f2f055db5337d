#include "../arguments.h"
#include "levin/kernels/rows.h"

using namespace levin::native;

levin_status levin_convert(levin_stream stream, const levin_convert_args* args) {
  return run_op(__func__, stream, args, [](const levin_convert_args& a, cudaStream_t on) {
    check_tensor("x", a.x, kAny, {kAny, kAny});
    check_tensor("out", a.out, kAny, {a.x.shape[0], a.x.shape[1]});
    if (a.out.dtype == LEVIN_DTYPE_F32) {
      levin::DecodeRowsParams p{};
      p.x = matrix<const uint8_t>(a.x);
      p.out = matrix<float>(a.out);
      p.rows = a.x.shape[0];
      p.size = a.x.shape[1];
      p.dtype = dtype_of(a.x);
      return levin::decode_rows(p, on);
    }
    check_that(a.x.dtype == LEVIN_DTYPE_F32, "neither side is F32");
    levin::EncodeRowsParams p{};
    p.x = matrix<const float>(a.x);
    p.out = matrix<uint8_t>(a.out);
    p.rows = a.x.shape[0];
    p.size = a.x.shape[1];
    p.dtype = dtype_of(a.out);
    return levin::encode_rows(p, on);
  });
}
