package dev.levin.testkit;

import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import dev.levin.core.op.Attention;
import dev.levin.core.op.CausalConv;
import dev.levin.core.op.Convert;
import dev.levin.core.op.CopyPages;
import dev.levin.core.op.Embed;
import dev.levin.core.op.GatedActivation;
import dev.levin.core.op.GroupedLinear;
import dev.levin.core.op.HeadLinear;
import dev.levin.core.op.Linear;
import dev.levin.core.op.MergeAttention;
import dev.levin.core.op.Op;
import dev.levin.core.op.RaggedBatch;
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.SoftCap;
import dev.levin.core.op.SsmScan;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;

/** The tensors of any op: visited, moved to other memory, and told apart into read and written. */
public final class OpTensors {
  private OpTensors() {}

  /** The tensors that {@code op} writes, by the name of their record component. */
  public static Map<String, Tensor> outputs(Op op) {
    Map<String, Tensor> outputs = new LinkedHashMap<>();
    switch (op) {
      case Embed o -> outputs.put("out", o.out());
      case Add o -> outputs.put("out", o.out());
      case SoftCap o -> outputs.put("out", o.out());
      case GatedActivation o -> outputs.put("out", o.out());
      case RmsNorm o -> outputs.put("out", o.out());
      case Convert o -> outputs.put("out", o.out());
      case Linear o -> outputs.put("out", o.out());
      case HeadLinear o -> outputs.put("out", o.out());
      case GroupedLinear o -> outputs.put("out", o.out());
      case RopeTable o -> outputs.put("out", o.out());
      case CopyPages o -> outputs.put("cache", o.cache());
      case RouteExperts o -> {
        outputs.put("ids", o.ids());
        outputs.put("weights", o.weights());
      }
      case RopeAppend o -> {
        outputs.put("q", o.q());
        outputs.put("kCache", o.kCache());
        outputs.put("vCache", o.vCache());
      }
      case Attention o -> {
        outputs.put("out", o.out());
        outputs.put("lse", o.lse());
      }
      case MergeAttention o -> {
        outputs.put("out", o.out());
        outputs.put("lse", o.lse());
      }
      case CausalConv o -> {
        outputs.put("out", o.out());
        outputs.put("state", o.state());
      }
      case SsmScan o -> {
        outputs.put("out", o.out());
        outputs.put("state", o.state());
      }
    }
    outputs.values().removeIf(tensor -> tensor == null);
    return outputs;
  }

  /** Names of the record components whose element type is that of the op's activations. */
  private static Set<String> activations(Op op) {
    return switch (op) {
      case Add o -> Set.of("x", "y", "out");
      case Attention o -> Set.of("q", "out");
      case CausalConv o -> Set.of("x", "out");
      case Convert o -> Set.of();
      case CopyPages o -> Set.of();
      case Embed o -> Set.of("out");
      case GatedActivation o -> Set.of("gate", "up", "out");
      case GroupedLinear o -> Set.of("x", "residual", "out");
      case HeadLinear o -> Set.of("x", "out");
      case Linear o -> Set.of("x", "residual", "out");
      case MergeAttention o -> Set.of("a", "b", "out");
      case RmsNorm o -> Set.of("x", "out");
      case RopeAppend o -> Set.of("q", "k", "v");
      case RopeTable o -> Set.of();
      case RouteExperts o -> Set.of();
      case SoftCap o -> Set.of("x", "out");
      case SsmScan o -> Set.of("x", "dt", "b", "c", "out");
    };
  }

  /** The same op over other activations; a tensor that appears twice is mapped once. */
  public static Op mapActivations(Op op, UnaryOperator<Tensor> mapping) {
    Set<String> names = activations(op);
    Map<Tensor, Tensor> mapped = new IdentityHashMap<>();
    return (Op)
        map(
            (Record) op,
            (name, tensor) ->
                names.contains(name) ? mapped.computeIfAbsent(tensor, mapping) : tensor);
  }

  /** Visits all tensors of the op and of its batch, absent ones left out. */
  public static void forEach(Op op, BiConsumer<String, Tensor> visitor) {
    map(
        (Record) op,
        (name, tensor) -> {
          visitor.accept(name, tensor);
          return tensor;
        });
  }

  /** The same op over other tensors; absent tensors stay absent. */
  public static Op map(Op op, UnaryOperator<Tensor> mapping) {
    return (Op) map((Record) op, (name, tensor) -> mapping.apply(tensor));
  }

  private interface Mapping {
    Tensor apply(String name, Tensor tensor);
  }

  private static Record map(Record original, Mapping mapping) {
    RecordComponent[] components = original.getClass().getRecordComponents();
    Object[] arguments = new Object[components.length];
    try {
      for (int i = 0; i < components.length; i++) {
        Object value = components[i].getAccessor().invoke(original);
        arguments[i] = mapped(components[i].getName(), value, mapping);
      }
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      return original.getClass().getConstructor(types).newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot rebuild " + original, e);
    }
  }

  private static Object mapped(String name, Object value, Mapping mapping) {
    if (value instanceof Tensor tensor) {
      return mapping.apply(name, tensor);
    }
    return value instanceof RaggedBatch batch ? map(batch, mapping) : value;
  }
}
