/*
 * copy_pages: page to[i] of a cache becomes page from[i], byte for byte. Pairs with an index
 * outside the cache are left out.
 *
 * Launch: global (page_bytes / 16 rounded up, n). No macros of its own.
 */
typedef struct {
  vector_view cache, from, to;
  long page_bytes, pages;
} copy_pages_params;

__kernel void copy_pages(GLOBAL cache, INPUT from, INPUT to, const copy_pages_params p) {
  long start = 16 * get_global_id(0);
  long i = get_global_id(1);
  long source = CONST_INTS(from, p.from.offset)[i];
  long target = CONST_INTS(to, p.to.offset)[i];
  if (source < 0 || source >= p.pages || target < 0 || target >= p.pages) {
    return;
  }
  long end = min(start + 16, p.page_bytes);
  for (long at = start; at < end; at++) {
    cache[p.cache.offset + target * p.page_bytes + at] =
        cache[p.cache.offset + source * p.page_bytes + at];
  }
}
