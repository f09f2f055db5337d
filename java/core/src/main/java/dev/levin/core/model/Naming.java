package dev.levin.core.model;

/** Whose words a model's metadata and tensor names use. */
public enum Naming {
  GGUF,
  HUGGING_FACE
}
