#include "levin/kernels/mixed_linear.h"

#include "../arguments.h"

using namespace levin::native;

namespace {

int64_t code_row_bytes(int32_t codes, int64_t k) {
  switch (codes) {
    case LEVIN_CODES_U4:
    case LEVIN_CODES_E2M1:
      return k / 32 * 16;
    case LEVIN_CODES_E3M2:
    case LEVIN_CODES_E2M3:
      return k / 32 * 24;
    default:
      return k;
  }
}

int64_t ceil_div(int64_t a, int64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

void check(const levin_mixed_linear_args& a) {
  check_tensor("x", a.x, kAny, {kAny, kAny});
  const int64_t tokens = a.x.shape[0];
  const int64_t k = a.x.shape[1];
  check_optional_f32("x_scale", a.x_scale, {tokens});
  check_that(a.codes >= LEVIN_CODES_E4M3 && a.codes <= LEVIN_CODES_E2M3, "unknown codes");
  check_that(a.codes <= LEVIN_CODES_I8 || k % 32 == 0, "K is no multiple of 32, as packed codes need");
  check_tensor("weight", a.weight, LEVIN_DTYPE_U8, {kAny, code_row_bytes(a.codes, k)});
  const int64_t n = a.weight.shape[0];
  check_that(a.rows_per_scale > 0 && a.values_per_scale > 0 && (a.values_per_scale % 32 == 0 || a.values_per_scale >= k),
             "rows_per_scale must be positive, values_per_scale a multiple of 32 or at least K");
  const int64_t scale_rows = ceil_div(n, a.rows_per_scale);
  const int64_t scale_columns = ceil_div(k, a.values_per_scale);
  check_tensor("scales", a.scales, kAny, {scale_rows, scale_columns});
  if (present(a.zeros)) {
    check_tensor("zeros", a.zeros, LEVIN_DTYPE_U8, {scale_rows, scale_columns});
    check_that(a.codes == LEVIN_CODES_U4 || a.codes == LEVIN_CODES_I8, "zeros need U4 or I8 codes");
  }
  check_optional_f32("bias", a.bias, {n});
  check_tensor("out", a.out, kAny, {tokens, n});
  if (present(a.residual)) {
    check_tensor("residual", a.residual, a.out.dtype, {tokens, n});
  }
}

}  // namespace

levin_status levin_mixed_linear(levin_stream stream, const levin_mixed_linear_args* args) {
  return run_op(__func__, stream, args, [](const levin_mixed_linear_args& a, cudaStream_t on) {
    check(a);
    levin::MixedLinearParams p{};
    p.x = matrix<const uint8_t>(a.x);
    p.x_scale = data_of<const float>(a.x_scale);
    p.weight = matrix<const uint8_t>(a.weight);
    p.scales = {matrix<const uint8_t>(a.scales), matrix<const uint8_t>(a.zeros), a.rows_per_scale,
                a.values_per_scale,              dtype_of(a.scales),             a.scales.dtype == LEVIN_DTYPE_U8};
    p.bias = data_of<const float>(a.bias);
    p.residual = matrix<const uint8_t>(a.residual);
    p.out = matrix<uint8_t>(a.out);
    p.tokens = a.x.shape[0];
    p.n = a.weight.shape[0];
    p.k = a.x.shape[1];
    p.codes = static_cast<levin::WeightCodes>(a.codes);
    p.x_dtype = dtype_of(a.x);
    p.out_dtype = dtype_of(a.out);
    return levin::mixed_linear(p, on);
  });
}
