package dev.levin.opencl;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import dev.levin.core.op.Convert;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.Sample;
import dev.levin.core.op.SoftCap;

/** Ops in which each output element needs one element or one row. */
final class RowOps {
  private static final int PAGE_COPY_BYTES = 16;

  private final Kernels kernels;
  private final HostConversion hostConversion;

  RowOps(Kernels kernels, HostConversion hostConversion) {
    this.kernels = kernels;
    this.hostConversion = hostConversion;
  }

  void run(Add op) {
    kernels
        .common(op, "add")
        .tensor("x", op.x())
        .tensor("y", op.y())
        .tensor("out", op.out())
        .longs(op.x().dim(1))
        .floats(op.scale())
        .run(op.x().dim(1), op.x().dim(0), 1);
  }

  void run(SoftCap op) {
    kernels
        .common(op, "soft_cap")
        .tensor("x", op.x())
        .tensor("out", op.out())
        .longs(op.x().dim(1))
        .floats(op.cap())
        .run(op.x().dim(1), op.x().dim(0), 1);
  }

  void run(GatedActivation op) {
    kernels
        .common(op, "gated_activation")
        .tensor("gate", op.gate())
        .optional("up", op.up(), 2)
        .tensor("out", op.out())
        .longs(op.gate().dim(1), op.activation().ordinal())
        .run(op.gate().dim(1), op.gate().dim(0), 1);
  }

  void run(RmsNorm op) {
    Tensor x = op.x();
    Tensor weight = op.weight();
    boolean grouped = x.rank() == 3;
    int lanes = kernels.sizes().lanes();
    kernels
        .common(op, "rms_norm")
        .view("x", x, x.stride(0), grouped ? x.stride(1) : 0)
        .view("weight", weight, weight != null && weight.rank() == 2 ? weight.stride(0) : 0)
        .view("out", op.out(), op.out().stride(0), grouped ? op.out().stride(1) : 0)
        .longs(x.shape().last())
        .floats(op.eps(), op.weightBias())
        .run(lanes, grouped ? x.dim(1) : 1, x.dim(0), lanes, 1);
  }

  void run(Embed op) {
    DType dtype = op.table().dtype();
    kernels
        .weights(op, "embed", dtype)
        .tensor("table", op.table())
        .tensor("ids", op.ids())
        .tensor("out", op.out())
        .buffer(kernels.grid(dtype))
        .longs(op.table().dim(1), op.table().dim(0))
        .floats(op.scale())
        .run(Kernels.groups(op.table().dim(1)), op.ids().dim(0), 1);
  }

  /** On the device where it has the codec, otherwise on the host. */
  void run(Convert op) {
    DType from = op.x().dtype();
    DType to = op.out().dtype();
    if (to == DType.F32 && ProgramSource.weights(from, Products.FLOAT).isPresent()) {
      kernels
          .weights(op, "decode_rows", from)
          .tensor("x", op.x())
          .tensor("out", op.out())
          .buffer(kernels.grid(from))
          .longs(op.x().dim(1))
          .run(Kernels.groups(op.x().dim(1)), op.x().dim(0), 1);
    } else if (from == DType.F32 && ProgramSource.cache(to).isPresent()) {
      kernels
          .cache(op, "encode_rows", to)
          .tensor("x", op.x())
          .tensor("out", op.out())
          .longs(op.x().dim(1))
          .run(Kernels.groups(op.x().dim(1)), op.x().dim(0), 1);
    } else {
      hostConversion.run(op);
    }
  }

  void run(Sample op) {
    int items = kernels.sizes().sampleItems();
    kernels
        .common(op, "sample")
        .tensor("logits", op.logits())
        .tensor("temperature", op.temperature())
        .tensor("topK", op.topK())
        .tensor("topP", op.topP())
        .tensor("minP", op.minP())
        .tensor("point", op.point())
        .tensor("ids", op.ids())
        .longs(op.logits().dim(1))
        .run(items, op.logits().dim(0), 1, items, 1);
  }

  void run(CopyPages op) {
    long pages = op.cache().dim(0);
    long pageBytes = pages == 0 ? 0 : op.cache().byteSize() / pages;
    kernels
        .common(op, "copy_pages")
        .view("cache", op.cache())
        .tensor("from", op.from())
        .tensor("to", op.to())
        .longs(pageBytes, pages)
        .run(Math.ceilDiv(pageBytes, PAGE_COPY_BYTES), op.from().dim(0), 1);
  }
}
