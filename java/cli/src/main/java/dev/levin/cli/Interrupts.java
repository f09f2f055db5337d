package dev.levin.cli;

import org.jline.utils.Signals;

/** Lets Ctrl-C end what is running instead of the program, for as long as it is open. */
final class Interrupts implements AutoCloseable {
  private static final String INTERRUPT = "INT";

  private final Object previous;

  private Interrupts(Object previous) {
    this.previous = previous;
  }

  static Interrupts handle(Runnable action) {
    return new Interrupts(Signals.register(INTERRUPT, action));
  }

  @Override
  public void close() {
    if (previous == null) {
      Signals.registerDefault(INTERRUPT);
    } else {
      Signals.unregister(INTERRUPT, previous);
    }
  }
}
