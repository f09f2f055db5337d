package dev.levin.cpu;

/**
 * One complete set of kernel routines: scalar, Vector API or native, the last with matrix products
 * of its own over one of the others. {@link KernelChoice} picks one when a backend opens and
 * nothing else asks which it is.
 *
 * @param name {@code scalar}, {@code vector} or {@code native}
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
