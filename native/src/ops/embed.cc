#include "../arguments.h"
#include "levin/kernels/rows.h"

using namespace levin::native;

levin_status levin_embed(levin_stream stream, const levin_embed_args* args) {
  return run_op(__func__, stream, args, [](const levin_embed_args& a, cudaStream_t on) {
    check_tensor("table", a.table, kAny, {kAny, kAny});
    check_i32("ids", a.ids, {kAny});
    check_f32("out", a.out, {a.ids.shape[0], a.table.shape[1]});
    levin::EmbedParams p{};
    p.table = matrix<const uint8_t>(a.table);
    p.ids = data_of<const int32_t>(a.ids);
    p.out = matrix<float>(a.out);
    p.tokens = a.ids.shape[0];
    p.vocab = a.table.shape[0];
    p.size = a.table.shape[1];
    p.dtype = dtype_of(a.table);
    p.scale = a.scale;
    return levin::embed(p, on);
  });
}
