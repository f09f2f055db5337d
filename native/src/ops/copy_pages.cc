#include "../arguments.h"
#include "levin/kernels/kv.h"

using namespace levin::native;

levin_status levin_copy_pages(levin_stream stream, const levin_copy_pages_args* args) {
  return run_op(__func__, stream, args, [](const levin_copy_pages_args& a, cudaStream_t on) {
    const int64_t* dims = a.cache.shape;
    switch (a.cache.rank) {
      case 2:
        check_tensor("cache", a.cache, kAny, {kAny, kAny});
        break;
      case 3:
        check_tensor("cache", a.cache, kAny, {kAny, kAny, kAny});
        break;
      default:
        check_tensor("cache", a.cache, kAny, {kAny, kAny, kAny, kAny});
    }
    check_that(is_contiguous(a.cache), "cache must be contiguous");
    check_i32("from", a.from, {kAny});
    check_i32("to", a.to, {a.from.shape[0]});
    levin::CopyPagesParams p{};
    p.cache = data_of<uint8_t>(a.cache);
    p.from = data_of<const int32_t>(a.from);
    p.to = data_of<const int32_t>(a.to);
    p.copies = a.from.shape[0];
    p.pages = dims[0];
    p.page_bytes = row_bytes(a.cache);
    for (int i = 1; i + 1 < a.cache.rank; ++i) {
      p.page_bytes *= dims[i];
    }
    return levin::copy_pages(p, on);
  });
}
