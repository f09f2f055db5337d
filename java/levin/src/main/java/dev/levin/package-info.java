/**
 * What a program depends on: this artifact brings the engine ({@link dev.levin.engine.Llm}), the
 * readers of model files, the decoder and the CPU backend. Other backends are found when they are
 * on the class path.
 */
package dev.levin;
