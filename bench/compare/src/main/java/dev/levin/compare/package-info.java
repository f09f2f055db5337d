/**
 * Levin beside other engines for the JVM: the same weights, the same machine, one run. Every engine
 * gets a JVM of its own, one after another.
 */
package dev.levin.compare;
