package dev.levin.engine;

import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * A text as it is generated, piece by piece. Lazy: tokens are computed as pieces are asked for. It
 * can be iterated once and ends by itself; close it when leaving early. Pieces never split a
 * character.
 *
 * <p>Read it from one thread; {@link #cancel} may come from any. Errors of the model surface while
 * reading.
 */
public final class Generation implements Iterable<String>, AutoCloseable {
  private final GenerationJob job;
  private final StringBuilder text = new StringBuilder();
  private boolean iterating;

  Generation(GenerationJob job) {
    this.job = job;
  }

  /**
   * The pieces of the text, none empty.
   *
   * @throws IllegalStateException when called a second time
   */
  @Override
  public Iterator<String> iterator() {
    if (iterating) {
      throw new IllegalStateException("a generation can be iterated once");
    }
    iterating = true;
    return new Pieces();
  }

  /** Generates what is left and returns the whole text, pieces already read included. */
  public String text() {
    String piece = read();
    while (piece != null) {
      piece = read();
    }
    return text.toString();
  }

  /** Ids generated so far, the end token left out. */
  public int[] tokens() {
    return job.tokens();
  }

  /** Figures of the generation so far; final once it has ended. */
  public GenerationStats stats() {
    return job.stats();
  }

  /** Ends the text before its next token. Does nothing when it has ended. */
  public void cancel() {
    job.cancel();
  }

  /** Ends the generation and frees what it holds. Closing again does nothing. */
  @Override
  public void close() {
    job.close();
  }

  private String read() {
    String piece = job.next();
    if (piece != null) {
      text.append(piece);
    }
    return piece;
  }

  private final class Pieces implements Iterator<String> {
    private String next;

    @Override
    public boolean hasNext() {
      if (next == null) {
        next = read();
      }
      return next != null;
    }

    @Override
    public String next() {
      if (!hasNext()) {
        throw new NoSuchElementException("the text has ended");
      }
      String piece = next;
      next = null;
      return piece;
    }
  }
}
