#include "../arguments.h"
#include "levin/kernels/sampling.h"

using namespace levin::native;

levin_status levin_sample(levin_stream stream, const levin_sample_args* args) {
  return run_op(__func__, stream, args, [](const levin_sample_args& a, cudaStream_t on) {
    check_f32("logits", a.logits, {kAny, kAny});
    const int64_t rows = a.logits.shape[0];
    check_f32("temperature", a.temperature, {rows});
    if (present(a.top_k)) {
      check_i32("top_k", a.top_k, {rows});
    }
    check_optional_f32("top_p", a.top_p, {rows});
    check_optional_f32("min_p", a.min_p, {rows});
    check_f32("point", a.point, {rows});
    check_i32("ids", a.ids, {rows});
    levin::SampleParams p{};
    p.logits = matrix<const float>(a.logits);
    p.temperature = data_of<const float>(a.temperature);
    p.top_k = data_of<const int32_t>(a.top_k);
    p.top_p = data_of<const float>(a.top_p);
    p.min_p = data_of<const float>(a.min_p);
    p.point = data_of<const float>(a.point);
    p.ids = data_of<int32_t>(a.ids);
    p.rows = rows;
    p.vocab = a.logits.shape[1];
    return levin::sample(p, on);
  });
}
