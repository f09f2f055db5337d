package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.op.Op;
import dev.levin.testkit.OpTensors;

/**
 * One row of the grid.
 *
 * @param op the op's name
 * @param label what is particular about the case
 * @param seed of all its numbers
 * @param activations element type of the op's activations
 * @param builder makes the op over host tensors
 */
public record OpCase(String op, String label, long seed, DType activations, Builder builder) {
  /** Makes an op whose tensors all come from the fixture. */
  public interface Builder {
    Op build(Fixture fixture, Draw draw);
  }

  /** A case whose seed follows from its name. */
  public static OpCase of(Class<? extends Op> op, String label, Builder builder) {
    String name = op.getSimpleName();
    return new OpCase(name, label, (name + " " + label).hashCode(), DType.F32, builder);
  }

  /** The same case, which is over activations of another type. */
  OpCase over(DType dtype) {
    return new OpCase(op, label, seed, dtype, builder);
  }

  /** The same case over activations of another type, rounded to it. */
  public OpCase withActivations(DType dtype) {
    return new OpCase(
        op,
        label + ", " + dtype + " activations",
        seed,
        dtype,
        (fixture, draw) ->
            OpTensors.mapActivations(
                builder.build(fixture, draw), tensor -> fixture.converted(tensor, dtype)));
  }

  public Op build(Fixture fixture) {
    return builder.build(fixture, new Draw(seed));
  }

  @Override
  public String toString() {
    return op + " " + label;
  }
}
