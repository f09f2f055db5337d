#include "../arguments.h"
#include "levin/kernels/elementwise.h"

using namespace levin::native;

levin_status levin_soft_cap(levin_stream stream, const levin_soft_cap_args* args) {
  return run_op(__func__, stream, args, [](const levin_soft_cap_args& a, cudaStream_t on) {
    check_activation("x", a.x, {kAny, kAny});
    check_tensor("out", a.out, a.x.dtype, {a.x.shape[0], a.x.shape[1]});
    check_that(a.cap > 0, "cap must be positive");
    levin::SoftCapParams p{};
    p.x = matrix<const uint8_t>(a.x);
    p.out = matrix<uint8_t>(a.out);
    p.tokens = a.x.shape[0];
    p.size = a.x.shape[1];
    p.activations = dtype_of(a.x);
    p.cap = a.cap;
    return levin::soft_cap(p, on);
  });
}
