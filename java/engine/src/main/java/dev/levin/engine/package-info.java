/**
 * Text in, text out: {@link dev.levin.engine.Llm} over {@link dev.levin.engine.Engine}, which runs
 * many sequences through one decoder.
 */
package dev.levin.engine;
