package dev.levin.core.op;

/** Which two elements of a head form one rotated pair. */
public enum RopeStyle {
  /** (i, i + R/2): GPT-NeoX and Hugging Face. */
  HALF,
  /** (2i, 2i + 1): GPT-J, and llama-family weights as GGUF stores them. */
  INTERLEAVED
}
