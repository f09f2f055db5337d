/**
 * How fast, how close to the machine's limits, and how good: what the bench, perplexity and
 * quantisation commands compute. Works on any backend through its interface alone.
 */
package dev.levin.measure;
