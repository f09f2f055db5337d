package dev.levin.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error for long work; nothing where that is not a terminal. */
final class TaskBar implements AutoCloseable {
  private static final int WIDTH = 78;
  private static final int UPDATE_MILLIS = 200;

  private final ProgressBar bar;

  TaskBar(CommandIo io, String label, long steps) {
    bar =
        io.errTerminal()
            ? new ProgressBarBuilder()
                .setTaskName(label)
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                .setConsumer(new ConsoleProgressBarConsumer(io.err(), WIDTH))
                .clearDisplayOnFinish()
                .build()
            : null;
  }

  /**
   * @param note what stands behind the bar
   */
  void at(long done, String note) {
    if (bar != null) {
      bar.stepTo(done);
      bar.setExtraMessage(note);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
