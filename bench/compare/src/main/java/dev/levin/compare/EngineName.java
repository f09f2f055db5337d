package dev.levin.compare;

import java.util.List;
import java.util.Locale;

/** The engines, and what their JVMs need. */
enum EngineName {
  LEVIN_AUTO("levin", List.of()),
  LEVIN_VECTOR("levin, vector", List.of("-Dlevin.cpu.kernels=vector")),
  LLAMA_CPP("java-llama.cpp", List.of()),
  JLAMA("Jlama", List.of("-Xmx12g"));

  /** Ratios of the table are to this one. */
  static final EngineName BASELINE = LLAMA_CPP;

  final String label;
  final List<String> jvmOptions;

  EngineName(String label, List<String> jvmOptions) {
    this.label = label;
    this.jvmOptions = jvmOptions;
  }

  /** As on the command line: {@code levin-auto}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
