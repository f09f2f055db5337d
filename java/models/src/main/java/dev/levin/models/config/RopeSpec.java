package dev.levin.models.config;

import dev.levin.core.op.RopeStyle;

/**
 * One rotary embedding.
 *
 * @param style which elements pair up
 * @param rotaryDim rotated elements per head, even
 * @param theta base of the frequencies
 */
public record RopeSpec(RopeStyle style, int rotaryDim, double theta, RopeScaling scaling) {

  /** Factor on cosines and sines. */
  public float attentionFactor() {
    return switch (scaling) {
      case RopeScaling.Yarn yarn -> (float) yarn.attentionFactor();
      case RopeScaling.LongRope longRope -> (float) longRope.attentionFactor();
      case RopeScaling.None none -> 1;
      case RopeScaling.Linear linear -> 1;
      case RopeScaling.Dynamic dynamic -> 1;
      case RopeScaling.Llama3 llama3 -> 1;
      case RopeScaling.Divisors divisors -> 1;
    };
  }

  /**
   * Radians per position of each pair. Fixed by the context length a decoder is opened with, not by
   * how long a sequence has become, so that a key once rotated stays valid.
   */
  public float[] inverseFrequencies(int contextLength) {
    double base = theta;
    if (scaling instanceof RopeScaling.Dynamic dynamic
        && contextLength > dynamic.originalContext()) {
      double stretch =
          dynamic.factor() * contextLength / dynamic.originalContext() - (dynamic.factor() - 1);
      base *= Math.pow(stretch, rotaryDim / (rotaryDim - 2.0));
    }
    float[] frequencies = new float[rotaryDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = Math.pow(base, -2.0 * i / rotaryDim);
      frequencies[i] = (float) scale(plain, i, contextLength);
    }
    return frequencies;
  }

  private double scale(double frequency, int i, int contextLength) {
    return switch (scaling) {
      case RopeScaling.None none -> frequency;
      case RopeScaling.Dynamic dynamic -> frequency;
      case RopeScaling.Linear linear -> frequency / linear.factor();
      case RopeScaling.Divisors divisors -> frequency / divisors.factors()[i];
      case RopeScaling.LongRope longRope -> {
        boolean isLong = contextLength > longRope.originalContext();
        yield frequency / (isLong ? longRope.longFactors() : longRope.shortFactors())[i];
      }
      case RopeScaling.Llama3 llama3 -> llama3(llama3, frequency);
      case RopeScaling.Yarn yarn -> yarn(yarn, frequency, i);
    };
  }

  private static double llama3(RopeScaling.Llama3 llama3, double frequency) {
    double wavelength = 2 * Math.PI / frequency;
    double turns = llama3.originalContext() / wavelength;
    if (turns < llama3.lowFactor()) {
      return frequency / llama3.factor();
    }
    if (turns > llama3.highFactor()) {
      return frequency;
    }
    double smooth = (turns - llama3.lowFactor()) / (llama3.highFactor() - llama3.lowFactor());
    return (1 - smooth) * frequency / llama3.factor() + smooth * frequency;
  }

  private double yarn(RopeScaling.Yarn yarn, double frequency, int i) {
    double low = correctionDim(yarn.betaFast(), yarn.originalContext());
    double high = correctionDim(yarn.betaSlow(), yarn.originalContext());
    if (yarn.truncate()) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, rotaryDim - 1);
    if (low == high) {
      high += 0.001;
    }
    double ramp = Math.clamp((i - low) / (high - low), 0.0, 1.0);
    return ramp * frequency / yarn.factor() + (1 - ramp) * frequency;
  }

  /** The pair that makes this many turns within the original context. */
  private double correctionDim(double turns, int originalContext) {
    return rotaryDim * Math.log(originalContext / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }
}
