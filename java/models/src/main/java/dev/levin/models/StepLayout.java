package dev.levin.models;

import dev.levin.core.Buffer;
import dev.levin.core.DType;
import dev.levin.core.Shape;
import dev.levin.core.Tensor;

/**
 * Where the integers of a step lie in one buffer, so that one upload carries them all.
 *
 * @param tokens T
 * @param seqs B
 * @param rows R, rows with an output
 * @param maxPages columns of the page table
 */
record StepLayout(int tokens, int seqs, int rows, int maxPages) {

  /** Columns for sequences of up to {@code pages} pages, rounded so that few layouts exist. */
  static int columnsFor(int pages) {
    return Math.max(4, Integer.highestOneBit(Math.max(1, pages - 1)) << 1);
  }

  /** Sequences of a decode step of {@code seqs}, rounded so that few layouts exist. */
  static int bucketFor(int seqs) {
    return seqs <= 8 ? Integer.highestOneBit(Math.max(1, 2 * seqs - 1)) : Math.ceilDiv(seqs, 8) * 8;
  }

  int positionsAt() {
    return tokens;
  }

  int slotMappingAt() {
    return 2 * tokens;
  }

  int cuSeqlensAt() {
    return 3 * tokens;
  }

  int kvLensAt() {
    return cuSeqlensAt() + seqs + 1;
  }

  int stateSlotsAt() {
    return kvLensAt() + seqs;
  }

  int rowsAt() {
    return stateSlotsAt() + seqs;
  }

  int pageTableAt() {
    return rowsAt() + rows;
  }

  /** Integers in all. */
  long size() {
    return pageTableAt() + (long) seqs * maxPages;
  }

  Tensor vector(Buffer buffer, int at, int length) {
    return Tensor.of(DType.I32, Shape.of(length), buffer, (long) at * Integer.BYTES);
  }

  Tensor pageTable(Buffer buffer) {
    return Tensor.of(
        DType.I32, Shape.of(seqs, maxPages), buffer, (long) pageTableAt() * Integer.BYTES);
  }
}
