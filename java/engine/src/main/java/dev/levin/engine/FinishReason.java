package dev.levin.engine;

/** Why a generation ended. */
public enum FinishReason {
  /** The model ended its text or turn. */
  STOP,
  /** The most tokens asked for were generated. */
  LENGTH,
  /** A stop string appeared. */
  STOP_STRING,
  /** The context has no room for another token. */
  CONTEXT_FULL,
  /** It was cancelled or closed. */
  CANCELLED,
  /** It failed; reading the generation throws the error. */
  FAILED
}
