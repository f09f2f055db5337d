package dev.levin.core.quant;

import java.util.Arrays;

/**
 * Fits d * scale[group] * q - dmin * min[group] to a super-block: two F16 factors, two small
 * integers per group, a level q per value.
 *
 * <p>Descends in turns as {@link ScaledGroups} does; the two integers of a group are chosen
 * together, since an error of the one can make up for an error of the other.
 */
final class AffineGroups {
  private static final int ROUNDS = 3;

  private final NormalizedBlock block;
  private final AffineSearch search;
  private final int groupValues;
  private final int largest;
  private final double[] idealScales;
  private final double[] idealMinima;
  private final int[] trialScales;
  private final int[] trialMinima;
  private final Factors factors = new Factors();

  /** The result: an F16 each. */
  short d;

  short dmin;

  /** The result: one for each group, from 0 to the limit given. */
  final int[] scales;

  final int[] minima;

  /** The result: one for each value. */
  final byte[] codes;

  /**
   * @param largest the largest scale and minimum of a group
   */
  AffineGroups(NormalizedBlock block, AffineSearch search, int groups, int largest) {
    this.block = block;
    this.search = search;
    this.groupValues = block.values.length / groups;
    this.largest = largest;
    this.idealScales = new double[groups];
    this.idealMinima = new double[groups];
    this.trialScales = new int[groups];
    this.trialMinima = new int[groups];
    this.scales = new int[groups];
    this.minima = new int[groups];
    this.codes = new byte[block.values.length];
  }

  void fit() {
    double maxScale = 0;
    double maxMinimum = 0;
    for (int group = 0; group < scales.length; group++) {
      search.find(block, group * groupValues, groupValues);
      idealScales[group] = search.scale;
      idealMinima[group] = search.minimum;
      maxScale = Math.max(maxScale, search.scale);
      maxMinimum = Math.max(maxMinimum, search.minimum);
    }
    descend(block.factor(maxScale / largest), block.factor(maxMinimum / largest));
    float step = block.normalized(d);
    float minStep = block.normalized(dmin);
    for (int i = 0; i < codes.length; i++) {
      int group = i / groupValues;
      float inverse = Extremes.inverse(step * scales[group]);
      codes[i] = (byte) search.level(block.values[i], inverse, minStep * minima[group]);
    }
  }

  private void descend(short firstD, short firstDmin) {
    Arrays.fill(scales, 0);
    Arrays.fill(minima, 0);
    d = 0;
    dmin = 0;
    short candidateD = firstD;
    short candidateDmin = firstDmin;
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      factors.clear();
      double gain = 0;
      for (int group = 0; group < scales.length; group++) {
        gain += chooseGroup(group, block.normalized(candidateD), block.normalized(candidateDmin));
        factors.add(trialScales[group], trialMinima[group], search);
        search.refit();
        idealScales[group] = search.scale;
        idealMinima[group] = search.minimum;
      }
      if (gain <= best) {
        return;
      }
      best = gain;
      d = candidateD;
      dmin = candidateDmin;
      System.arraycopy(trialScales, 0, scales, 0, scales.length);
      System.arraycopy(trialMinima, 0, minima, 0, minima.length);
      factors.solve();
      candidateD = block.factor(factors.d);
      candidateDmin = block.factor(factors.dmin);
    }
  }

  /**
   * Chooses the integers of a group from those around its ideal scale and minimum. Leaves the sums
   * of the levels that go with them in {@link #search}; returns by how much they lower the squared
   * error.
   */
  private double chooseGroup(int group, float step, float minStep) {
    search.begin(block, group * groupValues, groupValues);
    measure(group, idealScales[group], idealMinima[group]);
    int firstScale = below(idealScales[group], step);
    double firstMatch = search.minimumFor(firstScale * step);
    double secondMatch = search.minimumFor((firstScale + 1) * step);
    double best = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < 2; i++) {
      int firstMinimum = below(i == 0 ? firstMatch : secondMatch, minStep);
      for (int minimum = firstMinimum; minimum <= firstMinimum + 1; minimum++) {
        double gain = measure(group, (firstScale + i) * step, minimum * minStep);
        if (gain > best) {
          best = gain;
          trialScales[group] = firstScale + i;
          trialMinima[group] = minimum;
        }
      }
    }
    return measure(group, trialScales[group] * step, trialMinima[group] * minStep);
  }

  /** The multiple of {@code step} below an ideal, so that the next one is in range as well. */
  private int below(double ideal, float step) {
    return step == 0 ? 0 : (int) Math.clamp(Math.floor(ideal / step), 0, largest - 1.0);
  }

  private double measure(int group, double scale, double minimum) {
    float inverse = Extremes.inverse((float) scale);
    search.measure(block, group * groupValues, groupValues, inverse, (float) minimum);
    return search.gain(scale, minimum);
  }

  /** The normal equations of both factors for given integers and levels. */
  private static final class Factors {
    private double scaleSquares;
    private double scaleMinima;
    private double minimumSquares;
    private double scaleProducts;
    private double minimumProducts;
    private double d;
    private double dmin;

    private void clear() {
      scaleSquares = 0;
      scaleMinima = 0;
      minimumSquares = 0;
      scaleProducts = 0;
      minimumProducts = 0;
      d = 0;
      dmin = 0;
    }

    private void add(int scale, int minimum, AffineSearch sums) {
      scaleSquares += (double) scale * scale * sums.squares();
      scaleMinima += (double) scale * minimum * sums.levels();
      minimumSquares += (double) minimum * minimum * sums.weightSum();
      scaleProducts += (double) scale * sums.products();
      minimumProducts += (double) minimum * sums.valueSum();
    }

    private void solve() {
      double determinant = scaleSquares * minimumSquares - scaleMinima * scaleMinima;
      if (determinant > 1e-9 * scaleSquares * minimumSquares) {
        d = (scaleProducts * minimumSquares - scaleMinima * minimumProducts) / determinant;
        dmin = (scaleMinima * scaleProducts - scaleSquares * minimumProducts) / determinant;
      }
      if (!(d > 0 && dmin > 0)) {
        d = scaleSquares > 0 ? Math.max(0, scaleProducts / scaleSquares) : 0;
        dmin = 0;
      }
    }
  }
}
