package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;

/** Products with weights of any dtype. */
final class MatrixOps {
  private final Kernels kernels;
  private final LaunchSizes sizes;
  private final ExpertOrder sorted;
  private final Scratch encoded;

  /**
   * Launches kernels.
   *
   * @param encoded memory for activations as codes, apart from that of sorted experts
   */
  MatrixOps(Kernels kernels, ExpertOrder sorted, Scratch encoded) {
    this.kernels = kernels;
    this.sorted = sorted;
    this.encoded = encoded;
    this.sizes = kernels.sizes();
  }

  void run(Linear op) {
    DType dtype = op.weight().dtype();
    Tensor x = operand(op, dtype, op.x());
    KernelCall call =
        begin(op, dtype, x.dim(0))
            .view("x", x, x.stride(0), 0)
            .view("weight", op.weight(), 0, op.weight().stride(0))
            .optional("bias", op.bias(), 1)
            .optional("residual", op.residual(), 2)
            .view("out", op.out(), op.out().stride(0), 0)
            .buffer(kernels.grid(dtype))
            .longs(x.dim(0), 1, op.weight().dim(0), op.x().dim(1), wide(op.out()))
            .floats(op.scale());
    run(call, x.dim(0), op.weight().dim(0), 1);
  }

  void run(HeadLinear op) {
    DType dtype = op.weight().dtype();
    Tensor x = operand(op, dtype, op.x());
    KernelCall call =
        begin(op, dtype, x.dim(0))
            .tensor("x", x)
            .tensor("weight", op.weight())
            .optional("bias", null, 1)
            .optional("residual", null, 2)
            .tensor("out", op.out())
            .buffer(kernels.grid(dtype))
            .longs(x.dim(0), x.dim(1), op.weight().dim(1), op.x().dim(2), wide(op.out()))
            .floats(1);
    run(call, x.dim(0), op.weight().dim(1), x.dim(1));
  }

  /** What products read as {@code x}: itself, or its codes for weights of a type that has some. */
  private Tensor operand(Op op, DType dtype, Tensor x) {
    if (!kernels.products().encodes(dtype)) {
      return x;
    }
    boolean flat = x.rank() == 2;
    long tokens = x.dim(0);
    long heads = flat ? 1 : x.dim(1);
    long groups = Kernels.groups(x.shape().last());
    long words = groups * kernels.products().groupWords();
    encoded.begin(Scratch.bytes(Math.multiplyExact(tokens * heads, words)));
    Tensor codes =
        flat
            ? encoded.tensor(DType.F32, tokens, words)
            : encoded.tensor(DType.F32, tokens, heads, words);
    kernels
        .weights(op, "encode_activations", dtype)
        .view("x", x, x.stride(0), flat ? 0 : x.stride(1))
        .view("out", codes, codes.stride(0), flat ? 0 : codes.stride(1))
        .longs(groups)
        .run(groups, heads, tokens);
    return codes;
  }

  private static long wide(Tensor out) {
    return out.dtype() == DType.F32 ? 1 : 0;
  }

  private KernelCall begin(Op op, DType dtype, long tokens) {
    String name =
        tokens == 1 ? "linear_one" : tokens <= sizes.fewTokens() ? "linear_few" : "linear_tile";
    return kernels.weights(op, name, dtype);
  }

  private void run(KernelCall call, long tokens, long n, long heads) {
    if (tokens > sizes.fewTokens()) {
      runTiles(call, n, heads * Math.ceilDiv(tokens, (long) sizes.tileTokens()));
    } else {
      runRows(call, n, heads * Math.ceilDiv(tokens, tokens == 1 ? 1L : sizes.tokenBlock()));
    }
  }

  private void runRows(KernelCall call, long n, long z) {
    long blocks = Math.ceilDiv(n, (long) sizes.rowBlock());
    call.run(sizes.lanes(), blocks, z, sizes.lanes(), sizes.warps());
  }

  private void runTiles(KernelCall call, long n, long z) {
    long rowTiles = Math.ceilDiv(n, (long) sizes.tileRows());
    call.run(sizes.tileItems(), rowTiles, z, sizes.tileItems(), 1);
  }

  /** Sorting pays when experts have several tokens each. */
  void run(GroupedLinear op) {
    long tokens = op.ids().dim(0);
    long assignments = tokens * op.ids().dim(1);
    if (tokens > sizes.fewTokens() && assignments >= op.weight().dim(0)) {
      runSorted(op);
    } else {
      runOneByOne(op);
    }
  }

  private void runOneByOne(GroupedLinear op) {
    DType dtype = op.weight().dtype();
    Tensor x = operand(op, dtype, op.x());
    Tensor out = op.out();
    long tokens = op.ids().dim(0);
    long chosen = op.ids().dim(1);
    boolean combined = op.combine() != null;
    KernelCall call =
        kernels
            .weights(op, "grouped_one", dtype)
            .view("x", x, x.stride(0), x.rank() == 3 ? x.stride(1) : 0)
            .tensor("weight", op.weight())
            .optional("bias", op.bias(), 2)
            .tensor("ids", op.ids())
            .optional("combine", op.combine(), 2)
            .optional("residual", op.residual(), 2)
            .view("out", out, out.stride(0), combined ? 0 : out.stride(1))
            .buffer(kernels.grid(dtype))
            .longs(chosen, op.weight().dim(0), op.weight().dim(1), op.weight().dim(2));
    runRows(call, op.weight().dim(1), combined ? tokens : tokens * chosen);
  }

  /**
   * Sorts assignments by expert, unless the product before has, multiplies tile by tile, and
   * combines what belongs together.
   */
  private void runSorted(GroupedLinear op) {
    DType dtype = op.weight().dtype();
    Tensor x = operand(op, dtype, op.x());
    long tokens = op.ids().dim(0);
    long chosen = op.ids().dim(1);
    long experts = op.weight().dim(0);
    long n = op.weight().dim(1);
    boolean combined = op.combine() != null;
    long[] productDims = combined ? new long[] {tokens, chosen, n} : new long[0];
    boolean isSorted = sorted.prepare(op.ids(), experts, productDims);
    Tensor products = combined ? sorted.products() : op.out();
    if (!isSorted) {
      kernels
          .common(op, "sort_by_expert")
          .tensor("ids", op.ids())
          .tensor("starts", sorted.starts())
          .tensor("order", sorted.order())
          .longs(tokens, chosen, experts)
          .run(sizes.sortItems(), 1, 1, sizes.sortItems(), 1);
      sorted.keep(op.ids(), experts);
    }
    KernelCall call =
        kernels
            .weights(op, "grouped_tile", dtype)
            .view("x", x, x.stride(0), x.rank() == 3 ? x.stride(1) : 0)
            .tensor("weight", op.weight())
            .optional("bias", op.bias(), 2)
            .tensor("starts", sorted.starts())
            .tensor("order", sorted.order())
            .tensor("products", products)
            .buffer(kernels.grid(dtype))
            .longs(chosen, experts, n, op.weight().dim(2), wide(products));
    runTiles(call, n, tokens * chosen / sizes.tileTokens() + experts + 1);
    if (combined) {
      kernels
          .common(op, "combine_experts")
          .tensor("products", products)
          .tensor("combine", op.combine())
          .optional("residual", op.residual(), 2)
          .tensor("out", op.out())
          .longs(chosen, n)
          .run(n, tokens, 1);
    }
  }
}
