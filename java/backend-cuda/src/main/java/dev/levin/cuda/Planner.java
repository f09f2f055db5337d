package dev.levin.cuda;

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
import dev.levin.core.op.RmsNorm;
import dev.levin.core.op.RopeAppend;
import dev.levin.core.op.RopeTable;
import dev.levin.core.op.RouteExperts;
import dev.levin.core.op.SoftCap;
import dev.levin.core.op.SsmScan;
import java.lang.foreign.Arena;
import java.util.Collection;

/** Turns ops into calls with arguments in native memory, which live as long as an arena. */
final class Planner {
  private final Arguments arguments;
  private final RowOps rowOps;
  private final MatrixOps matrixOps;
  private final AttentionOps attentionOps;
  private final StateOps stateOps;

  Planner(DeviceMemory memory, Arena arena) {
    arguments = new Arguments(memory, arena);
    rowOps = new RowOps(arguments);
    matrixOps = new MatrixOps(arguments);
    attentionOps = new AttentionOps(arguments);
    stateOps = new StateOps(arguments);
  }

  /** The buffers of all ops so far. */
  Collection<CudaBuffer> buffers() {
    return arguments.buffers();
  }

  PreparedOp plan(Op op) {
    return switch (op) {
      case Add add -> rowOps.of(add);
      case Attention attention -> attentionOps.of(attention);
      case CausalConv convolution -> stateOps.of(convolution);
      case Convert convert -> rowOps.of(convert);
      case CopyPages copy -> rowOps.of(copy);
      case Embed embed -> rowOps.of(embed);
      case GatedActivation activation -> rowOps.of(activation);
      case GroupedLinear linear -> matrixOps.of(linear);
      case HeadLinear linear -> matrixOps.of(linear);
      case Linear linear -> matrixOps.of(linear);
      case MergeAttention merge -> attentionOps.of(merge);
      case RmsNorm norm -> rowOps.of(norm);
      case RopeAppend append -> attentionOps.of(append);
      case RopeTable table -> attentionOps.of(table);
      case RouteExperts route -> stateOps.of(route);
      case SoftCap cap -> rowOps.of(cap);
      case SsmScan scan -> stateOps.of(scan);
    };
  }
}
