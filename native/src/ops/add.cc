#include "../arguments.h"
#include "levin/kernels/elementwise.h"

using namespace levin::native;

levin_status levin_add(levin_stream stream, const levin_add_args* args) {
  return run_op(__func__, stream, args, [](const levin_add_args& a, cudaStream_t on) {
    check_f32("x", a.x, {kAny, kAny});
    check_f32("y", a.y, {a.x.shape[0], a.x.shape[1]});
    check_f32("out", a.out, {a.x.shape[0], a.x.shape[1]});
    levin::AddParams p{};
    p.x = matrix<const float>(a.x);
    p.y = matrix<const float>(a.y);
    p.out = matrix<float>(a.out);
    p.tokens = a.x.shape[0];
    p.size = a.x.shape[1];
    p.scale = a.scale;
    return levin::add(p, on);
  });
}
