package dev.levin.measure.model;

import dev.levin.measure.Environment;
import java.util.List;

/**
 * A run of {@code levin bench}.
 *
 * @param kind {@value #KIND}: tells this file from other results
 */
public record ModelReport(String kind, Environment environment, List<ModelResult> results) {
  public static final String KIND = "models";

  public ModelReport(Environment environment, List<ModelResult> results) {
    this(KIND, environment, List.copyOf(results));
  }
}
