package dev.levin.cuda.binding;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;

/** Structs of {@code levin.h} in the memory of an arena, zeroed, which live as long as it does. */
public final class Structs {
  private static final long ALIGNMENT_BYTES = 8;

  private final Arena arena;

  /** Allocates from {@code arena}. */
  public Structs(Arena arena) {
    this.arena = arena;
  }

  /**
   * A struct of zeros.
   *
   * @param type the generated class
   * @param view its constructor from a pointer
   */
  public <T extends Pointer> T of(Class<T> type, Function<Pointer, T> view) {
    MemorySegment memory = arena.allocate(Loader.sizeof(type), ALIGNMENT_BYTES);
    return view.apply(pointer(memory.address()));
  }

  /** An address as JavaCPP takes it; nobody frees what is there. */
  public static Pointer pointer(long address) {
    return new Address(address);
  }

  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
