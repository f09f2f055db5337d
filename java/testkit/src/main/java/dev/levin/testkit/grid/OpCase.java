package dev.levin.testkit.grid;

import dev.levin.core.op.Op;

/**
 * One row of the grid.
 *
 * @param op the op's name
 * @param label what is particular about the case
 * @param seed of all its numbers
 * @param builder makes the op over host tensors
 */
public record OpCase(String op, String label, long seed, Builder builder) {
  /** Makes an op whose tensors all come from the fixture. */
  public interface Builder {
    Op build(Fixture fixture, Draw draw);
  }

  /** A case whose seed follows from its name. */
  public static OpCase of(Class<? extends Op> op, String label, Builder builder) {
    String name = op.getSimpleName();
    return new OpCase(name, label, (name + " " + label).hashCode(), builder);
  }

  public Op build(Fixture fixture) {
    return builder.build(fixture, new Draw(seed));
  }

  @Override
  public String toString() {
    return op + " " + label;
  }
}
