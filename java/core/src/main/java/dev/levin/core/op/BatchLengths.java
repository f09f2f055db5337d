package dev.levin.core.op;

/**
 * Host copy of the lengths of one step. The caller sets it before each run of the ops that refer to
 * it, together with the device tensors of the same content.
 */
public final class BatchLengths {
  private int[] cuSeqlensQ = {0};
  private int[] kvLens = {};
  private int numSeqs;

  /** Copies {@code numSeqs + 1} prefix sums and {@code numSeqs} key counts. */
  public void set(int numSeqs, int[] cuSeqlensQ, int[] kvLens) {
    if (this.kvLens.length < numSeqs) {
      this.cuSeqlensQ = new int[numSeqs + 1];
      this.kvLens = new int[numSeqs];
    }
    System.arraycopy(cuSeqlensQ, 0, this.cuSeqlensQ, 0, numSeqs + 1);
    System.arraycopy(kvLens, 0, this.kvLens, 0, numSeqs);
    this.numSeqs = numSeqs;
  }

  public int numSeqs() {
    return numSeqs;
  }

  public int queryStart(int sequence) {
    return cuSeqlensQ[sequence];
  }

  public int queryLen(int sequence) {
    return cuSeqlensQ[sequence + 1] - cuSeqlensQ[sequence];
  }

  public int kvLen(int sequence) {
    return kvLens[sequence];
  }
}
