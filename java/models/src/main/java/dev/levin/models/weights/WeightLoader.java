package dev.levin.models.weights;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.ModelFormatException;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.core.model.WeightSource;
import dev.levin.models.weights.TensorFinder.Found;
import java.util.List;
import java.util.Set;

/**
 * Turns named tensors of a file into what the ops take: matrices imported by the backend as they
 * lie, vectors in F32. What had to be rearranged is added to {@code owned}, for the decoder to
 * close.
 */
final class WeightLoader {
  private static final Set<DType> NOT_WEIGHTS =
      Set.of(DType.U8, DType.BOOL, DType.I8, DType.I16, DType.I32, DType.I64);

  private final WeightSource source;
  private final TensorFinder finder;
  private final Backend backend;
  private final List<Buffer> owned;

  WeightLoader(WeightSource source, TensorNames names, Backend backend, List<Buffer> owned) {
    this.source = source;
    this.finder = new TensorFinder(source, names);
    this.backend = backend;
    this.owned = owned;
  }

  TensorFinder finder() {
    return finder;
  }

  /** Hands a weight in host memory to the backend. */
  Tensor adopt(Found found) {
    if (NOT_WEIGHTS.contains(found.tensor().dtype())) {
      throw new ModelFormatException(
          "%s: tensor '%s' is %s, not a weight type; packed or integer checkpoints need a GGUF file"
              .formatted(source.origin(), found.name(), found.tensor().dtype()));
    }
    return adopt(found.tensor());
  }

  Tensor adopt(Tensor host) {
    Tensor imported = backend.importWeight(host);
    if (imported.buffer() != host.buffer()) {
      owned.add(imported.buffer());
    }
    return imported;
  }

  /** Keeps a rearranged tensor alive until the decoder closes. */
  Tensor own(Tensor rearranged) {
    owned.add(rearranged.buffer());
    return rearranged;
  }

  Projection projection(Part part, int layer, int n, int k) {
    Found found = finder.require(part, layer, (long) n, (long) k);
    return new Projection(adopt(found), bias(part, layer, n), scale(part, layer));
  }

  /** Rows [from, from + n) of a fused projection. */
  Projection rows(Part part, int layer, int total, int k, int from, int n) {
    Found found = finder.require(part, layer, (long) total, (long) k);
    Tensor rows = found.tensor().slice(0, from, from + n);
    Tensor bias = bias(part, layer, total);
    return new Projection(
        adopt(new Found(found.name(), rows)),
        bias == null ? null : bias.slice(0, from, from + n),
        scale(part, layer));
  }

  Tensor bias(Part part, int layer, int n) {
    return optionalVector(part, layer, n, TensorFinder.BIAS);
  }

  /** Per-tensor scale of ternary GGUF files. */
  private float scale(Part part, int layer) {
    return finder
        .find(part, layer, ".scale")
        .map(found -> HostVectors.floats(found.tensor(), 1)[0])
        .orElse(1f);
  }

  Tensor vector(Part part, int layer, int n) {
    return vector(finder.require(part, layer, TensorFinder.WEIGHT), n);
  }

  Tensor optionalVector(Part part, int layer, int n, String... suffixes) {
    return finder.find(part, layer, suffixes).map(found -> vector(found, n)).orElse(null);
  }

  /** The values of a tensor as [n] F32, whatever dimensions of one surround them. */
  Tensor vector(Found found, int n) {
    return matrix(found, 1, n).reshape(n);
  }

  /** The values of a small tensor as [rows, columns] F32. */
  Tensor matrix(Found found, int rows, int columns) {
    Tensor tensor = found.tensor();
    if (tensor.shape().elements() != (long) rows * columns) {
      throw rows == 1 ? finder.mismatch(found, columns) : finder.mismatch(found, rows, columns);
    }
    if (tensor.dtype() == DType.F32 && tensor.offset() % Float.BYTES == 0) {
      return adopt(tensor.reshape(rows, columns));
    }
    if (NOT_WEIGHTS.contains(tensor.dtype())) {
      throw new ModelFormatException(
          "%s: tensor '%s' is %s, expected floating-point values"
              .formatted(source.origin(), found.name(), tensor.dtype()));
    }
    return adopt(own(Repack.toF32(tensor)).reshape(rows, columns));
  }
}
