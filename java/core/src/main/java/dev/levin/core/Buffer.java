package dev.levin.core;

/** A backend's memory. Owned by whoever allocated it; closed once; closing again does nothing. */
public interface Buffer extends AutoCloseable {
  long byteSize();

  boolean isOpen();

  @Override
  void close();
}
