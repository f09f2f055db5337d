package dev.levin.testkit.compare;

/**
 * How far an output may be from the reference. All parts must hold; positive infinity leaves a part
 * out. NaN and infinities must match in position and sign whatever the numbers say.
 *
 * @param exact equal bits
 * @param absolute an element is good within this ...
 * @param relative ... plus this share of the wanted value ...
 * @param share ... plus this share of the lengths of the two vectors whose product it is
 * @param steps ... plus this many quantisation steps of the output's own dtype
 * @param nmse squared error by squared wanted values, over the whole tensor
 * @param cosine one minus the cosine of got and wanted, over the whole tensor
 * @param reason why these numbers
 */
public record Tolerance(
    boolean exact,
    double absolute,
    double relative,
    double share,
    double steps,
    double nmse,
    double cosine,
    String reason) {
  private static final double NONE = Double.POSITIVE_INFINITY;

  static Tolerance exact(String reason) {
    return new Tolerance(true, 0, 0, 0, 0, NONE, NONE, reason);
  }

  static Tolerance close(double absolute, double relative, String reason) {
    return new Tolerance(false, absolute, relative, 0, 0, NONE, NONE, reason);
  }

  static Tolerance nmse(double nmse, String reason) {
    return new Tolerance(false, NONE, 0, 0, 0, nmse, NONE, reason);
  }

  static Tolerance product(double share, double nmse, double cosine, String reason) {
    return new Tolerance(false, 0, 0, share, 0, nmse, cosine, reason);
  }

  static Tolerance oneStep(String reason) {
    return new Tolerance(false, 0, 0, 0, 1, NONE, NONE, reason);
  }

  Tolerance withCosine(double bound) {
    return new Tolerance(exact, absolute, relative, share, steps, nmse, bound, reason);
  }
}
