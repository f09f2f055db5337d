package dev.levin.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Functions of a vector, from polynomials fitted at Chebyshev nodes. {@code lanewise(EXP)} is not
 * used: it may give other bits once the compiler has replaced it by a library call.
 */
final class VectorMath {
  private static final float LOG2_E = (float) (1 / Math.log(2));
  private static final float LN2 = (float) Math.log(2);

  /** What rounding {@link #LN2} lost. */
  private static final float LN2_REST = (float) (Math.log(2) - LN2);

  /** Adding it rounds to an integer, which is then in the low bits. */
  private static final float ROUNDER = 1.5f * (1 << 23);

  /** Beyond these, e^x is infinite or zero in float32. */
  private static final float EXP_MAX = 89f;

  private static final float EXP_MIN = -105f;

  /** (e^r - 1 - r) / r^2 for |r| up to ln(2) / 2, relative error 1.4e-7. */
  private static final float EXP_0 = 0.5000000013543258f;

  private static final float EXP_1 = 0.16666576643547135f;
  private static final float EXP_2 = 0.041666464167312366f;
  private static final float EXP_3 = 0.00836323538463074f;
  private static final float EXP_4 = 0.0013933733216387387f;

  /** Up to here tanh is a polynomial, beyond it comes from exp without cancellation. */
  private static final float TANH_SMALL = 0.7f;

  /** (tanh(x) / x - 1) / x^2 in x^2, relative error 4e-7. */
  private static final float TANH_0 = -0.33333321290656226f;

  private static final float TANH_1 = 0.13332087162889253f;
  private static final float TANH_2 = -0.05375855781167765f;
  private static final float TANH_3 = 0.020606550229255637f;
  private static final float TANH_4 = -0.0055887234367417915f;

  private static final int SIGN_BIT = 1 << 31;

  private VectorMath() {}

  /** e^x to about one unit in the last place; overflow, underflow and NaN as Math.exp has them. */
  static FloatVector exp(FloatVector x) {
    FloatVector clamped = x.min(EXP_MAX).max(EXP_MIN);
    FloatVector rounded = clamped.fma(splat(LOG2_E), splat(ROUNDER));
    FloatVector n = rounded.sub(ROUNDER);
    FloatVector r = n.fma(splat(-LN2), clamped);
    r = n.fma(splat(-LN2_REST), r);
    FloatVector p = splat(EXP_4).fma(r, splat(EXP_3));
    p = p.fma(r, splat(EXP_2)).fma(r, splat(EXP_1)).fma(r, splat(EXP_0));
    p = p.fma(r.mul(r), r).add(1f);
    IntVector exponent = rounded.reinterpretAsInts().sub(Float.floatToRawIntBits(ROUNDER));
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
  }

  private static FloatVector splat(float value) {
    return FloatVector.broadcast(Lanes.FLOATS, value);
  }

  private static FloatVector powerOfTwo(IntVector exponent) {
    return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  /** 1 / (1 + e^-x). */
  static FloatVector sigmoid(FloatVector x) {
    return splat(1f).div(exp(x.neg()).add(1f));
  }

  static FloatVector tanh(FloatVector x) {
    FloatVector magnitude = x.abs();
    FloatVector z = x.mul(x);
    FloatVector p = splat(TANH_4).fma(z, splat(TANH_3));
    p = p.fma(z, splat(TANH_2)).fma(z, splat(TANH_1)).fma(z, splat(TANH_0));
    FloatVector small = p.mul(z).fma(x, x);
    FloatVector large = splat(1f).sub(splat(2f).div(exp(magnitude.add(magnitude)).add(1f)));
    IntVector sign = x.reinterpretAsInts().and(SIGN_BIT);
    VectorMask<Float> isSmall = magnitude.lt(TANH_SMALL);
    return large.reinterpretAsInts().or(sign).reinterpretAsFloats().blend(small, isSmall);
  }
}
