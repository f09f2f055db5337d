#include "../arguments.h"
#include "levin/kernels/rope.h"

using namespace levin::native;

levin_status levin_rope_table(levin_stream stream, const levin_rope_table_args* args) {
  return run_op(__func__, stream, args, [](const levin_rope_table_args& a, cudaStream_t on) {
    check_i32("positions", a.positions, {kAny});
    check_f32("inv_freq", a.inv_freq, {kAny});
    check_f32("out", a.out, {a.positions.shape[0], 2 * a.inv_freq.shape[0]});
    levin::RopeTableParams p{};
    p.positions = data_of<const int32_t>(a.positions);
    p.inv_freq = data_of<const float>(a.inv_freq);
    p.out = matrix<float>(a.out);
    p.tokens = a.positions.shape[0];
    p.pairs = a.inv_freq.shape[0];
    p.scale = a.scale;
    return levin::rope_table(p, on);
  });
}
