#include "../arguments.h"
#include "levin/kernels/elementwise.h"

using namespace levin::native;

levin_status levin_soft_cap(levin_stream stream, const levin_soft_cap_args* args) {
  return run_op(__func__, stream, args, [](const levin_soft_cap_args& a, cudaStream_t on) {
    check_f32("x", a.x, {kAny, kAny});
    check_f32("out", a.out, {a.x.shape[0], a.x.shape[1]});
    check_that(a.cap > 0, "cap must be positive");
    levin::SoftCapParams p{};
    p.x = matrix<const float>(a.x);
    p.out = matrix<float>(a.out);
    p.tokens = a.x.shape[0];
    p.size = a.x.shape[1];
    p.cap = a.cap;
    return levin::soft_cap(p, on);
  });
}
