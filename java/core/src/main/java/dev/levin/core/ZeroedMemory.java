package dev.levin.core;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The C library's calloc and free. {@link Arena#allocate} writes its zeros, which would commit
 * every page of a KV pool at start; calloc takes untouched pages from the system.
 */
final class ZeroedMemory {
  private static final MethodHandle CALLOC =
      handle(
          "calloc",
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      handle("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

  private ZeroedMemory() {}

  @SuppressWarnings("restricted")
  private static MethodHandle handle(String symbol, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup lookup = linker.defaultLookup();
    return linker.downcallHandle(lookup.findOrThrow(symbol), descriptor);
  }

  @SuppressWarnings("restricted")
  static MemorySegment allocate(long byteSize, int alignment, Arena arena) {
    long reserved = Math.addExact(Math.max(byteSize, 1), alignment);
    MemorySegment block = call(reserved);
    if (block.address() == 0) {
      throw new DeviceException(
          DeviceException.Kind.OUT_OF_MEMORY, "cannot allocate " + byteSize + " bytes off heap");
    }
    long start = Math.ceilDiv(block.address(), alignment) * alignment;
    return MemorySegment.ofAddress(start).reinterpret(byteSize, arena, aligned -> free(block));
  }

  private static MemorySegment call(long byteSize) {
    try {
      return (MemorySegment) CALLOC.invokeExact(1L, byteSize);
    } catch (Throwable e) {
      throw new IllegalStateException("calloc cannot be called", e);
    }
  }

  private static void free(MemorySegment block) {
    try {
      FREE.invokeExact(block);
    } catch (Throwable e) {
      throw new IllegalStateException("free cannot be called", e);
    }
  }
}
