package dev.levin.cpu;

/**
 * One complete set of kernel routines. There are two, the scalar one and the Vector API one; {@link
 * KernelChoice} picks one when a backend opens and nothing else asks which it is.
 *
 * @param name {@code scalar} or {@code vector}
 * @param vectorBits width of a vector, 0 for the scalar set
 */
public record KernelTable(
    String name,
    int vectorBits,
    RowKernels rows,
    MatrixKernels matrix,
    AttentionKernels attention,
    StateKernels state) {

  /** For example {@code vector, 512 bits}. */
  public String description() {
    return vectorBits == 0 ? name : name + ", " + vectorBits + " bits";
  }
}
