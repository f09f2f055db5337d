#include "../arguments.h"
#include "levin/kernels/rows.h"

using namespace levin::native;

levin_status levin_embed(levin_stream stream, const levin_embed_args* args) {
  return run_op(__func__, stream, args, [](const levin_embed_args& a, cudaStream_t on) {
    check_tensor("table", a.table, kAny, {kAny, kAny});
    check_i32("ids", a.ids, {kAny});
    check_activation("out", a.out, {a.ids.shape[0], a.table.shape[1]});
    levin::EmbedParams p{};
    p.table = matrix<const uint8_t>(a.table);
    p.ids = data_of<const int32_t>(a.ids);
    p.out = matrix<uint8_t>(a.out);
    p.tokens = a.ids.shape[0];
    p.vocab = a.table.shape[0];
    p.size = a.table.shape[1];
    p.dtype = dtype_of(a.table);
    p.out_dtype = dtype_of(a.out);
    p.scale = a.scale;
    return levin::embed(p, on);
  });
}
