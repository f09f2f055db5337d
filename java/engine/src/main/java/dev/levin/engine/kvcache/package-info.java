/** Paged, copy-on-write book-keeping of cached tokens: ids and lengths, no device memory. */
package dev.levin.engine.kvcache;
