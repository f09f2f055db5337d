package dev.levin.models;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.models.blocks.KvTensors;
import dev.levin.models.blocks.StateTensors;
import dev.levin.models.config.Mixer;
import java.util.ArrayList;
import java.util.List;

/**
 * The pages and recurrent states of all layers, each tensor in an allocation of its own: devices
 * limit single allocations to a part of their memory.
 */
final class KvCache implements AutoCloseable {
  private final Backend backend;
  private final List<Buffer> buffers = new ArrayList<>();
  private final List<KvTensors> pages = new ArrayList<>();
  private final List<StateTensors> states = new ArrayList<>();

  KvCache(DecoderConfig config, DecoderOptions options, Backend backend) {
    this.backend = backend;
    boolean complete = false;
    try {
      config.layers().forEach(layer -> add(layer.mixer(), options));
      complete = true;
    } finally {
      if (!complete) {
        close();
      }
    }
  }

  private void add(Mixer mixer, DecoderOptions options) {
    switch (mixer) {
      case Mixer.SelfAttention a -> {
        Tensor keys = pages(options, a.numKvHeads(), a.headDim());
        add(new KvTensors(keys, pages(options, a.numKvHeads(), a.valueDim())), null);
      }
      case Mixer.LatentAttention a ->
          add(new KvTensors(pages(options, 1, a.kvLoraRank() + a.ropeDim()), null), null);
      case Mixer.StateSpace s -> {
        long slots = options.stateSlots();
        Tensor conv = allocate(DType.F32, slots, s.convChannels(), s.convWidth() - 1);
        Tensor ssm = allocate(DType.F32, slots, s.numHeads(), s.headDim(), s.stateSize());
        add(null, new StateTensors(conv, ssm));
      }
    }
  }

  private Tensor pages(DecoderOptions options, int heads, int width) {
    int block = options.kvDtype().blockValues();
    if (width % block != 0) {
      throw new IllegalArgumentException(
          "heads of %d values cannot be cached as %s, whose blocks have %d; choose another type of keys and values"
              .formatted(width, options.kvDtype(), block));
    }
    return allocate(options.kvDtype(), options.numPages(), heads, options.pageSize(), width);
  }

  private Tensor allocate(DType dtype, long... dims) {
    Shape shape = Shape.of(dims);
    Buffer buffer = backend.allocate(dtype.bytes(shape));
    buffers.add(buffer);
    return Tensor.of(dtype, shape, buffer, 0);
  }

  private void add(KvTensors kv, StateTensors state) {
    pages.add(kv);
    states.add(state);
  }

  KvTensors pages(int layer) {
    return pages.get(layer);
  }

  StateTensors state(int layer) {
    return states.get(layer);
  }

  /** Every tensor whose first dimension is a page. */
  List<Tensor> pagedTensors() {
    List<Tensor> tensors = new ArrayList<>();
    for (KvTensors kv : pages) {
      if (kv != null) {
        tensors.add(kv.keys());
        if (kv.values() != null) {
          tensors.add(kv.values());
        }
      }
    }
    return tensors;
  }

  /** Every tensor whose first dimension is a state slot. */
  List<Tensor> stateTensors() {
    List<Tensor> tensors = new ArrayList<>();
    for (StateTensors state : states) {
      if (state != null) {
        tensors.add(state.conv());
        tensors.add(state.ssm());
      }
    }
    return tensors;
  }

  @Override
  public void close() {
    buffers.forEach(Buffer::close);
    buffers.clear();
  }
}
