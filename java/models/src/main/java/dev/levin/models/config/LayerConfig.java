package dev.levin.models.config;

/**
 * One layer.
 *
 * @param preNorm norm what goes into mixer and feed-forward
 * @param postNorm norm what comes out of them, before the residual is added
 */
public record LayerConfig(
    Mixer mixer, Feedforward feedforward, boolean preNorm, boolean postNorm) {}
