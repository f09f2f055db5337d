package dev.levin.core.backend;

/**
 * A fixed list of ops over fixed buffers, ready to run again and again; only the contents of the
 * buffers change between runs. A backend may have captured it as a graph, which {@link #close()}
 * frees; closing the backend does too.
 */
public interface Program extends AutoCloseable {
  void run(Stream stream);

  @Override
  default void close() {}
}
