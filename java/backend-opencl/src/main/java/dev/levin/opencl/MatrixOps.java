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

  MatrixOps(Kernels kernels) {
    this.kernels = kernels;
  }

  void run(Linear op) {
    DType dtype = op.weight().dtype();
    Tensor x = op.x();
    KernelCall call =
        begin(op, dtype, x.dim(0))
            .view("x", x, x.stride(0), 0)
            .view("weight", op.weight(), 0, op.weight().stride(0))
            .optional("bias", op.bias(), 1)
            .optional("residual", op.residual(), 2)
            .view("out", op.out(), op.out().stride(0), 0)
            .buffer(kernels.grid(dtype))
            .longs(x.dim(0), 1, op.weight().dim(0), x.dim(1))
            .floats(op.scale());
    run(call, op.weight().dim(0), tiles(x.dim(0)));
  }

  void run(HeadLinear op) {
    DType dtype = op.weight().dtype();
    Tensor x = op.x();
    KernelCall call =
        begin(op, dtype, x.dim(0))
            .tensor("x", x)
            .tensor("weight", op.weight())
            .optional("bias", null, 1)
            .optional("residual", null, 2)
            .tensor("out", op.out())
            .buffer(kernels.grid(dtype))
            .longs(x.dim(0), x.dim(1), op.weight().dim(1), x.dim(2))
            .floats(1);
    run(call, op.weight().dim(1), tiles(x.dim(0)) * x.dim(1));
  }

  private KernelCall begin(Op op, DType dtype, long tokens) {
    return kernels.weights(op, tokens == 1 ? "linear_gemv" : "linear_gemm", dtype);
  }

  private long tiles(long tokens) {
    return tokens == 1 ? 1 : Math.ceilDiv(tokens, (long) kernels.sizes().gemmTokens());
  }

  void run(GroupedLinear op) {
    DType dtype = op.weight().dtype();
    Tensor x = op.x();
    Tensor out = op.out();
    long tokens = op.ids().dim(0);
    long chosen = op.ids().dim(1);
    boolean combined = op.combine() != null;
    KernelCall call =
        kernels
            .weights(op, "linear_grouped", dtype)
            .view("x", x, x.stride(0), x.rank() == 3 ? x.stride(1) : 0)
            .tensor("weight", op.weight())
            .optional("bias", op.bias(), 2)
            .tensor("ids", op.ids())
            .optional("combine", op.combine(), 2)
            .optional("residual", op.residual(), 2)
            .view("out", out, out.stride(0), combined ? 0 : out.stride(1))
            .buffer(kernels.grid(dtype))
            .longs(chosen, op.weight().dim(0), op.weight().dim(1), op.weight().dim(2));
    run(call, op.weight().dim(1), combined ? tokens : tokens * chosen);
  }

  private void run(KernelCall call, long n, long z) {
    LaunchSizes sizes = kernels.sizes();
    call.run(sizes.lanes(), n, z, sizes.lanes(), sizes.warps());
  }
}
