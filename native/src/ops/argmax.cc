#include "../arguments.h"
#include "levin/kernels/sampling.h"

using namespace levin::native;

levin_status levin_argmax(levin_stream stream, const levin_argmax_args* args) {
  return run_op(__func__, stream, args, [](const levin_argmax_args& a, cudaStream_t on) {
    check_f32("logits", a.logits, {kAny, kAny});
    check_i32("ids", a.ids, {a.logits.shape[0]});
    levin::ArgmaxParams p{};
    p.logits = matrix<const float>(a.logits);
    p.ids = data_of<int32_t>(a.ids);
    p.rows = a.logits.shape[0];
    p.vocab = a.logits.shape[1];
    return levin::argmax(p, on);
  });
}
