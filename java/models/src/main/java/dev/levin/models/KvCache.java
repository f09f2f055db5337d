package dev.levin.models;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.HostBuffer;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.backend.Backend;
import dev.levin.models.blocks.KvTensors;
import dev.levin.models.blocks.StateTensors;
import dev.levin.models.config.LayerConfig;
import dev.levin.models.config.Mixer;
import java.util.ArrayList;
import java.util.List;

/** The pages and recurrent states of all layers, in one allocation. */
final class KvCache implements AutoCloseable {
  private final Buffer buffer;
  private final List<KvTensors> pages = new ArrayList<>();
  private final List<StateTensors> states = new ArrayList<>();

  KvCache(DecoderConfig config, DecoderOptions options, Backend backend) {
    buffer = backend.allocate(byteSize(config, options));
    long offset = 0;
    for (LayerConfig layer : config.layers()) {
      switch (layer.mixer()) {
        case Mixer.SelfAttention a -> {
          Tensor keys = pages(options, a.numKvHeads(), a.headDim(), offset);
          offset = align(offset + keys.byteSize());
          Tensor values = pages(options, a.numKvHeads(), a.valueDim(), offset);
          offset = align(offset + values.byteSize());
          add(new KvTensors(keys, values), null);
        }
        case Mixer.LatentAttention a -> {
          Tensor keys = pages(options, 1, a.kvLoraRank() + a.ropeDim(), offset);
          offset = align(offset + keys.byteSize());
          add(new KvTensors(keys, null), null);
        }
        case Mixer.StateSpace s -> {
          long slots = options.stateSlots();
          Tensor conv = state(offset, slots, s.convChannels(), s.convWidth() - 1);
          offset = align(offset + conv.byteSize());
          Tensor ssm = state(offset, slots, s.numHeads(), s.headDim(), s.stateSize());
          offset = align(offset + ssm.byteSize());
          add(null, new StateTensors(conv, ssm));
        }
      }
    }
  }

  private static long byteSize(DecoderConfig config, DecoderOptions options) {
    long perToken = config.kvBytesPerToken(options.kvDtype());
    long tokens = (long) options.numPages() * options.pageSize();
    long states = Math.multiplyExact(config.stateBytesPerSequence(), options.stateSlots());
    long padding = 2L * HostBuffer.ALIGNMENT_BYTES * (config.numLayers() + 1);
    return Math.addExact(Math.multiplyExact(perToken, tokens), states) + padding;
  }

  private static long align(long offset) {
    return Math.ceilDiv(offset, HostBuffer.ALIGNMENT_BYTES) * HostBuffer.ALIGNMENT_BYTES;
  }

  private Tensor pages(DecoderOptions options, int heads, int width, long offset) {
    int block = options.kvDtype().blockValues();
    if (width % block != 0) {
      throw new IllegalArgumentException(
          "heads of %d values cannot be cached as %s, whose blocks have %d; choose another type of keys and values"
              .formatted(width, options.kvDtype(), block));
    }
    return Tensor.of(
        options.kvDtype(),
        Shape.of(options.numPages(), heads, options.pageSize(), width),
        buffer,
        offset);
  }

  private Tensor state(long offset, long... dims) {
    return Tensor.of(DType.F32, Shape.of(dims), buffer, offset);
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
    buffer.close();
  }
}
