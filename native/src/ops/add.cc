#include "../arguments.h"
#include "levin/kernels/elementwise.h"

using namespace levin::native;

levin_status levin_add(levin_stream stream, const levin_add_args* args) {
  return run_op(__func__, stream, args, [](const levin_add_args& a, cudaStream_t on) {
    check_activation("x", a.x, {kAny, kAny});
    check_tensor("y", a.y, a.x.dtype, {a.x.shape[0], a.x.shape[1]});
    check_tensor("out", a.out, a.x.dtype, {a.x.shape[0], a.x.shape[1]});
    levin::AddParams p{};
    p.x = matrix<const uint8_t>(a.x);
    p.y = matrix<const uint8_t>(a.y);
    p.out = matrix<uint8_t>(a.out);
    p.tokens = a.x.shape[0];
    p.size = a.x.shape[1];
    p.activations = dtype_of(a.x);
    p.scale = a.scale;
    return levin::add(p, on);
  });
}
