package dev.levin.testkit.grid;

import dev.levin.core.DType;
import dev.levin.core.Tensor;
import dev.levin.core.op.BatchLengths;
import dev.levin.core.op.RaggedBatch;
import dev.levin.testkit.reference.Rows;
import java.util.Arrays;

/**
 * Query and key counts of the sequences of one step, and where their pages lie.
 *
 * @param queryLens new tokens of each sequence
 * @param kvLens keys of each sequence, the new ones included
 * @param pageSize tokens per page
 * @param scattered pages in random order over a larger pool; otherwise one after another
 */
public record BatchPlan(int[] queryLens, int[] kvLens, int pageSize, boolean scattered) {
  private static final int SPARE_PAGES = 3;
  private static final int SPARE_TABLE_ENTRIES = 2;

  /** What an unused page-table entry holds; reading it leads far outside any cache. */
  private static final int ABSURD_PAGE = Integer.MIN_VALUE + 12_345;

  /** Sequences given as query length, key length, query length, key length, ... */
  public static BatchPlan of(int pageSize, int... queryAndKeyLens) {
    int sequences = queryAndKeyLens.length / 2;
    int[] queryLens = new int[sequences];
    int[] kvLens = new int[sequences];
    for (int b = 0; b < sequences; b++) {
      queryLens[b] = queryAndKeyLens[2 * b];
      kvLens[b] = queryAndKeyLens[2 * b + 1];
    }
    return new BatchPlan(queryLens, kvLens, pageSize, true);
  }

  /** The same lengths in pages that follow one another. */
  public BatchPlan contiguous() {
    return new BatchPlan(queryLens, kvLens, pageSize, false);
  }

  public int numTokens() {
    return Arrays.stream(queryLens).sum();
  }

  public int numSeqs() {
    return queryLens.length;
  }

  /** Pages of the pool, unused ones included. */
  public int numPages() {
    return usedPages() + (scattered ? SPARE_PAGES : 0);
  }

  /** State slots of the pool; some stay unused. */
  public int numStateSlots() {
    return numSeqs() + 2;
  }

  private int usedPages() {
    return Arrays.stream(kvLens).map(this::pagesOf).sum();
  }

  private int pagesOf(int tokens) {
    return Math.ceilDiv(tokens, pageSize);
  }

  /** The page ids of each sequence, in order. */
  private int[][] pages(Draw draw) {
    int[] order = scattered ? draw.named("pages").shuffled(numPages()) : null;
    int[][] pages = new int[numSeqs()][];
    int next = 0;
    for (int b = 0; b < pages.length; b++) {
      pages[b] = new int[pagesOf(kvLens[b])];
      for (int i = 0; i < pages[b].length; i++, next++) {
        pages[b][i] = scattered ? order[next] : next;
      }
    }
    return pages;
  }

  /** The tensors of this plan. */
  public RaggedBatch build(Fixture fixture, Draw draw) {
    int[][] pages = pages(draw);
    int maxPages = SPARE_TABLE_ENTRIES;
    int[] cuSeqlensQ = new int[numSeqs() + 1];
    for (int b = 0; b < numSeqs(); b++) {
      maxPages = Math.max(maxPages, pages[b].length + SPARE_TABLE_ENTRIES);
      cuSeqlensQ[b + 1] = cuSeqlensQ[b] + queryLens[b];
    }
    int[] pageTable = new int[numSeqs() * maxPages];
    Arrays.fill(pageTable, ABSURD_PAGE);
    int[] positions = new int[numTokens()];
    int[] slotMapping = new int[numTokens()];
    for (int b = 0; b < numSeqs(); b++) {
      System.arraycopy(pages[b], 0, pageTable, b * maxPages, pages[b].length);
      for (int r = 0; r < queryLens[b]; r++) {
        int key = kvLens[b] - queryLens[b] + r;
        int t = cuSeqlensQ[b] + r;
        positions[t] = key;
        slotMapping[t] = pages[b][key / pageSize] * pageSize + key % pageSize;
      }
    }
    int[] slots = draw.named("slots").shuffled(numStateSlots());
    BatchLengths lengths = new BatchLengths();
    lengths.set(numSeqs(), cuSeqlensQ, kvLens);
    return new RaggedBatch(
        fixture.i32(positions, positions.length),
        fixture.i32(cuSeqlensQ, cuSeqlensQ.length),
        fixture.i32(kvLens, numSeqs()),
        fixture.i32(pageTable, numSeqs(), maxPages),
        fixture.i32(slotMapping, slotMapping.length),
        fixture.i32(Arrays.copyOf(slots, numSeqs()), numSeqs()),
        pageSize,
        lengths);
  }

  /**
   * A cache that holds keys for every position of the plan and poison everywhere else. The values
   * depend on sequence, position and head alone, not on where pages lie or how large they are.
   */
  public Tensor cache(Fixture fixture, Draw draw, String name, DType dtype, int heads, int size) {
    return cache(fixture, draw, name, dtype, heads, size, kvLens);
  }

  /** Like the other, with only the first {@code filled[b]} positions of each sequence written. */
  public Tensor cache(
      Fixture fixture, Draw draw, String name, DType dtype, int heads, int size, int[] filled) {
    Tensor cache =
        fixture.poisoned(dtype, Layout.DENSE, Math.max(1, numPages()), heads, pageSize, size);
    int[][] pages = pages(draw);
    for (int b = 0; b < numSeqs(); b++) {
      for (int j = 0; j < filled[b]; j++) {
        for (int h = 0; h < heads; h++) {
          float[] key = draw.named(name + b + "/" + j + "/" + h).peaky(size);
          Rows.writeFloats(cache, key, pages[b][j / pageSize], h, j % pageSize);
        }
      }
    }
    return cache;
  }

  /** Key counts before this step. */
  public int[] lengthsBefore() {
    int[] before = new int[numSeqs()];
    for (int b = 0; b < before.length; b++) {
      before[b] = kvLens[b] - queryLens[b];
    }
    return before;
  }

  /** For example {@code q/kv 1/17 5/5, page 16}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("q/kv");
    for (int b = 0; b < numSeqs(); b++) {
      text.append(' ').append(queryLens[b]).append('/').append(kvLens[b]);
    }
    return text.append(", page ").append(pageSize).append(scattered ? "" : " in order").toString();
  }
}
