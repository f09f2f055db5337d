package dev.levin.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;
import dev.levin.core.op.Add;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Signals have the numbers that Linux and macOS agree on. */
class SignalHandlersTest {
  private static final int ILLEGAL_INSTRUCTION = 4;
  private static final int ARITHMETIC = 8;
  private static final int SEGMENTATION = 11;
  private static final int BROKEN_PIPE = 13;

  /** A timer that nobody sets. */
  private static final int UNUSED = 26;

  /** SIG_DFL and SIG_IGN. */
  private static final long DEFAULT = 0;

  private static final long IGNORE = 1;

  /** Runs after which both compilers of the JVM have had their turn. */
  private static final int HOT = 200_000;

  private final MethodHandle sigaction = find();

  @SuppressWarnings("restricted")
  private static MethodHandle find() {
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor descriptor =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
    return linker
        .defaultLookup()
        .find("sigaction")
        .map(symbol -> linker.downcallHandle(symbol, descriptor))
        .orElse(null);
  }

  @BeforeEach
  void requireSigaction() {
    assumeTrue(sigaction != null, "this C library has no sigaction");
  }

  @AfterEach
  void restoreUnused() {
    if (sigaction != null) {
      install(UNUSED, DEFAULT);
    }
  }

  private long handler(int signal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment action = arena.allocate(256, 8);
      assertEquals(0, (int) sigaction.invokeExact(signal, MemorySegment.NULL, action));
      return action.get(ValueLayout.JAVA_LONG, 0);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private void install(int signal, long handler) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment action = arena.allocate(256, 8);
      action.set(ValueLayout.JAVA_LONG, 0, handler);
      assertEquals(0, (int) sigaction.invokeExact(signal, action, MemorySegment.NULL));
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void undoesWhatACallInstalls() {
    long inside =
        SignalHandlers.kept(
            () -> {
              install(UNUSED, IGNORE);
              return handler(UNUSED);
            });
    assertEquals(IGNORE, inside);
    assertEquals(DEFAULT, handler(UNUSED));
    install(UNUSED, IGNORE);
    SignalHandlers.kept(
        () -> {
          install(UNUSED, DEFAULT);
          return null;
        });
    assertEquals(IGNORE, handler(UNUSED));
  }

  @Test
  void undoesWhatAFailingCallInstalls() {
    var error =
        assertThrows(
            IllegalStateException.class,
            () ->
                SignalHandlers.kept(
                    () -> {
                      install(UNUSED, IGNORE);
                      throw new IllegalStateException("no device");
                    }));
    assertEquals("no device", error.getMessage());
    assertEquals(DEFAULT, handler(UNUSED));
  }

  /** The second call begins when the first has changed a handler, and ends after it. */
  @Test
  void doesNotTakeForItsOwnWhatAnotherCallInstalled() throws InterruptedException {
    CountDownLatch secondRuns = new CountDownLatch(1);
    CountDownLatch firstEnded = new CountDownLatch(1);
    Thread second =
        new Thread(
            () ->
                SignalHandlers.kept(
                    () -> {
                      secondRuns.countDown();
                      return await(firstEnded);
                    }));
    SignalHandlers.kept(
        () -> {
          install(UNUSED, IGNORE);
          second.start();
          return await(secondRuns);
        });
    firstEnded.countDown();
    second.join();
    assertEquals(DEFAULT, handler(UNUSED));
  }

  private static boolean await(CountDownLatch latch) {
    try {
      latch.await();
      return true;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** HotSpot has one handler for all faults, and other tests may have started the driver before. */
  @Test
  @Tag("opencl")
  void driversLeaveTheJvmItsHandlers() {
    buildAndRun();
    assertNotEquals(DEFAULT, handler(BROKEN_PIPE));
    for (int signal : new int[] {ILLEGAL_INSTRUCTION, ARITHMETIC, SEGMENTATION}) {
      assertEquals(handler(BROKEN_PIPE), handler(signal), "signal " + signal);
    }
  }

  @Test
  @Tag("opencl")
  void dividingByZeroStillThrows() {
    buildAndRun();
    assertThrows(ArithmeticException.class, () -> divide(1, 0));
    int sum = 0;
    for (int i = 1; i <= HOT; i++) {
      sum += divide(HOT, i);
    }
    assertNotEquals(0, sum);
    assertThrows(ArithmeticException.class, () -> divide(1, 0));
  }

  private static int divide(int dividend, int divisor) {
    return dividend / divisor;
  }

  private static void buildAndRun() {
    OpenClDevice device = OpenClTests.device();
    try (OpenClBackend backend = OpenClBackend.open(device, new BinaryCache(Optional.empty()))) {
      Tensor x = Tensor.of(DType.F32, Shape.of(1, 3), backend.allocate(12), 0);
      backend.launch(new Add(x, x, x, 1), backend.stream());
      backend.stream().synchronize();
    }
  }
}
