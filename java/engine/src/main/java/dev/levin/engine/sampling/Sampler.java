package dev.levin.engine.sampling;

/** One stage of a {@link SamplerChain}: changes logits or narrows the choice. */
@FunctionalInterface
interface Sampler {
  void apply(Candidates candidates);
}
