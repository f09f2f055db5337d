/**
 * {@code levin.h} as JavaCPP binds it, the loading of what is behind it, and structs in memory of
 * our own: nothing here is freed by a collector, so JavaCPP's limits of memory have nothing to
 * count.
 */
package dev.levin.cuda.binding;
