package dev.levin.core.backend;

/**
 * A fixed list of ops over fixed buffers, ready to run again and again; only the contents of the
 * buffers change between runs. A backend may have captured it as a graph.
 */
public interface Program {
  void run(Stream stream);
}
