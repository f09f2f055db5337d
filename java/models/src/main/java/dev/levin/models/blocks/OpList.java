package dev.levin.models.blocks;

import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import dev.levin.core.op.Linear;
import dev.levin.core.op.Op;
import dev.levin.core.op.RmsNorm;
import dev.levin.models.weights.Projection;
import java.util.ArrayList;
import java.util.List;

/** The ops of one forward pass in the making. */
public final class OpList {
  private final List<Op> ops = new ArrayList<>();
  private final Scratch scratch;
  private final StepInputs step;

  public OpList(Scratch scratch, StepInputs step) {
    this.scratch = scratch;
    this.step = step;
  }

  public Scratch scratch() {
    return scratch;
  }

  public StepInputs step() {
    return step;
  }

  public void add(Op op) {
    ops.add(op);
  }

  public List<Op> ops() {
    return ops;
  }

  /** A new [T, N] with the projection of x. */
  public Tensor project(Tensor x, Projection projection) {
    return project(x, projection, scratch.activation(x.dim(0), projection.weight().dim(0)));
  }

  /** A new [T, N] F32 with the projection of x, for choices that must not hang on a rounding. */
  public Tensor scores(Tensor x, Projection projection) {
    return project(x, projection, scratch.f32(x.dim(0), projection.weight().dim(0)));
  }

  private Tensor project(Tensor x, Projection projection, Tensor out) {
    add(new Linear(x, projection.weight(), projection.bias(), null, out, projection.scale()));
    return out;
  }

  /**
   * Adds the projection of x to the residual stream: directly, or through a norm of its own when
   * the layer has one there.
   */
  public void projectInto(Tensor residual, Tensor x, Projection projection, Tensor postNorm) {
    if (postNorm == null) {
      float scale = projection.scale() * step.residualScale();
      add(new Linear(x, projection.weight(), projection.bias(), residual, residual, scale));
      return;
    }
    Tensor out = project(x, projection);
    norm(out, postNorm, out);
    add(new Add(residual, out, residual, step.residualScale()));
  }

  /** Normalises x into out. */
  public void norm(Tensor x, Tensor weight, Tensor out) {
    add(new RmsNorm(x, weight, out, step.normEps(), step.normWeightBias()));
  }

  /** x itself, or a normed copy of it when there is a norm. */
  public Tensor normed(Tensor x, Tensor weight) {
    if (weight == null) {
      return x;
    }
    Tensor out = scratch.activation(x.dim(0), x.dim(1));
    norm(x, weight, out);
    return out;
  }
}
