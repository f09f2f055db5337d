package dev.levin.models;

/**
 * The packed tokens of all sequences in one step: T tokens of B sequences. Ints only; see {@link
 * dev.levin.core.op.RaggedBatch} for the meaning of each array. Filled by a scheduler, read by
 * {@link Decoder#forward}; reusable, so that a decode loop allocates nothing.
 */
public final class Batch {
  private static final int[] NO_PAGES = {};
  private static final int NOWHERE = -1;

  private int numTokens;
  private int numSeqs;
  private int numLogitRows;
  private int numPadding;
  private int[] tokenIds = new int[16];
  private int[] positions = new int[16];
  private int[] slotMapping = new int[16];
  private int[] logitRows = new int[16];
  private int[] cuSeqlensQ = new int[17];
  private int[] kvLens = new int[16];
  private int[] stateSlots = new int[16];
  private int[][] pageTable = new int[16][];

  public void clear() {
    numTokens = 0;
    numSeqs = 0;
    numLogitRows = 0;
    numPadding = 0;
  }

  /** Whether every sequence has one token, with logits. */
  boolean isDecode() {
    if (numTokens != numSeqs || numLogitRows != numTokens) {
      return false;
    }
    for (int b = 0; b < numSeqs; b++) {
      if (cuSeqlensQ[b + 1] != b + 1) {
        return false;
      }
    }
    return true;
  }

  /**
   * Appends tokens that nobody asked for, each a sequence without keys, pages or state: it is
   * written nowhere and its logits mean nothing. {@link #removePadding()} takes them away.
   */
  void padTo(int seqs) {
    while (numSeqs < seqs) {
      addSequence(0, NO_PAGES, NOWHERE);
      addToken(0, 0, NOWHERE, true);
      numPadding++;
    }
  }

  void removePadding() {
    numSeqs -= numPadding;
    numTokens -= numPadding;
    numLogitRows -= numPadding;
    numPadding = 0;
  }

  /** Tokens, sequences and logit rows at the end that are padding. */
  int numPadding() {
    return numPadding;
  }

  /**
   * Opens a sequence's share of the step; its tokens follow with {@link #addToken}.
   *
   * @param kvLen keys visible after this step, the tokens about to be added included
   * @param pages page ids of the sequence in order, at least ceil(kvLen / pageSize) of them; kept
   *     by reference until the step has run
   */
  public void addSequence(int kvLen, int[] pages, int stateSlot) {
    if (numSeqs == kvLens.length) {
      kvLens = java.util.Arrays.copyOf(kvLens, 2 * numSeqs);
      stateSlots = java.util.Arrays.copyOf(stateSlots, 2 * numSeqs);
      pageTable = java.util.Arrays.copyOf(pageTable, 2 * numSeqs);
      cuSeqlensQ = java.util.Arrays.copyOf(cuSeqlensQ, 2 * numSeqs + 1);
    }
    kvLens[numSeqs] = kvLen;
    stateSlots[numSeqs] = stateSlot;
    pageTable[numSeqs] = pages;
    numSeqs++;
    cuSeqlensQ[numSeqs] = numTokens;
  }

  /**
   * Adds a token to the sequence opened last.
   *
   * @param slot page * pageSize + slot within the page, where its key and value go
   * @param wantsLogits whether this row's logits are to be computed
   */
  public void addToken(int tokenId, int position, int slot, boolean wantsLogits) {
    if (numTokens == tokenIds.length) {
      tokenIds = java.util.Arrays.copyOf(tokenIds, 2 * numTokens);
      positions = java.util.Arrays.copyOf(positions, 2 * numTokens);
      slotMapping = java.util.Arrays.copyOf(slotMapping, 2 * numTokens);
      logitRows = java.util.Arrays.copyOf(logitRows, 2 * numTokens);
    }
    tokenIds[numTokens] = tokenId;
    positions[numTokens] = position;
    slotMapping[numTokens] = slot;
    if (wantsLogits) {
      logitRows[numLogitRows++] = numTokens;
    }
    numTokens++;
    cuSeqlensQ[numSeqs] = numTokens;
  }

  public int numTokens() {
    return numTokens;
  }

  public int numSeqs() {
    return numSeqs;
  }

  /** R: rows whose logits are computed, in token order. */
  public int numLogitRows() {
    return numLogitRows;
  }

  /** [T]; longer than needed, like all arrays here. */
  int[] tokenIds() {
    return tokenIds;
  }

  int[] positions() {
    return positions;
  }

  int[] slotMapping() {
    return slotMapping;
  }

  int[] logitRows() {
    return logitRows;
  }

  int[] cuSeqlensQ() {
    return cuSeqlensQ;
  }

  int[] kvLens() {
    return kvLens;
  }

  int[] stateSlots() {
    return stateSlots;
  }

  int[] pages(int sequence) {
    return pageTable[sequence];
  }
}
