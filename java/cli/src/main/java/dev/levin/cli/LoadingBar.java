package dev.levin.cli;

import dev.levin.engine.LoadListener;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * A progress bar on standard error for a model that takes longer than a moment to load; nothing
 * where standard error is not a terminal.
 */
final class LoadingBar implements LoadListener, AutoCloseable {
  private static final long PATIENCE_NANOS = 1_000_000_000L;
  private static final int STEPS = 1000;
  private static final int WIDTH = 60;
  private static final int UPDATE_MILLIS = 100;

  private final CommandIo io;
  private final String label;
  private final boolean wanted;
  private final long start = System.nanoTime();
  private ProgressBar bar;

  LoadingBar(CommandIo io, String label, boolean wanted) {
    this.io = io;
    this.label = label;
    this.wanted = wanted && io.errTerminal();
  }

  @Override
  public void progress(double fraction) {
    if (!wanted) {
      return;
    }
    if (bar == null && System.nanoTime() - start > PATIENCE_NANOS) {
      bar = open();
    }
    if (bar != null) {
      bar.stepTo(Math.round(fraction * STEPS));
    }
  }

  private ProgressBar open() {
    return new ProgressBarBuilder()
        .setTaskName("loading " + label)
        .setInitialMax(STEPS)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MILLIS)
        .setConsumer(new ConsoleProgressBarConsumer(io.err(), WIDTH))
        .hideEta()
        .clearDisplayOnFinish()
        .build();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
