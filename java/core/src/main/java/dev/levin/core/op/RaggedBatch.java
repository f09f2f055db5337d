package dev.levin.core.op;

import dev.levin.core.DType;
import dev.levin.core.Tensor;

/**
 * Where the tokens of one step belong: B sequences, T packed query tokens.
 *
 * <p>Sequence b owns query rows [cuSeqlensQ[b], cuSeqlensQ[b+1]). After this step it has kvLens[b]
 * tokens in its pages; its queries are the last of those, so query row r sits at key index
 * kvLens[b] - (cuSeqlensQ[b+1] - r). Key j of sequence b lives in page pageTable[b][j / pageSize],
 * slot j % pageSize. Entries of the page table past the last used page are never read.
 *
 * @param positions [T] I32: rope position of each token
 * @param cuSeqlensQ [B+1] I32: prefix sums of query lengths, first 0, last T
 * @param kvLens [B] I32: keys visible after this step, the new ones included
 * @param pageTable [B, maxPages] I32: page ids ("blocks" in vLLM's words)
 * @param slotMapping [T] I32: page * pageSize + slot where each token's key and value go
 * @param stateSlots [B] I32: recurrent-state slot of each sequence
 * @param pageSize tokens per page
 * @param lengths host mirror of cuSeqlensQ and kvLens, for launch sizes and costs
 */
public record RaggedBatch(
    Tensor positions,
    Tensor cuSeqlensQ,
    Tensor kvLens,
    Tensor pageTable,
    Tensor slotMapping,
    Tensor stateSlots,
    int pageSize,
    BatchLengths lengths) {
  public RaggedBatch {
    Check.dtype("positions", positions, DType.I32);
    Check.dtype("cuSeqlensQ", cuSeqlensQ, DType.I32);
    Check.dtype("kvLens", kvLens, DType.I32);
    Check.dtype("pageTable", pageTable, DType.I32);
    Check.dtype("slotMapping", slotMapping, DType.I32);
    Check.dtype("stateSlots", stateSlots, DType.I32);
    long tokens = positions.dim(0);
    long sequences = kvLens.dim(0);
    Check.shape("positions", positions, tokens);
    Check.shape("cuSeqlensQ", cuSeqlensQ, sequences + 1);
    Check.shape("kvLens", kvLens, sequences);
    Check.shape("pageTable", pageTable, sequences, Check.ANY);
    Check.shape("slotMapping", slotMapping, tokens);
    Check.shape("stateSlots", stateSlots, sequences);
    Check.that(pageSize > 0, "pageSize is %d", pageSize);
    Check.that(lengths != null, "lengths is null");
  }

  public int numTokens() {
    return Math.toIntExact(positions.dim(0));
  }

  public int numSeqs() {
    return Math.toIntExact(kvLens.dim(0));
  }

  public int maxPages() {
    return Math.toIntExact(pageTable.dim(1));
  }

  @Override
  public String toString() {
    return "T=" + numTokens() + ", B=" + numSeqs() + ", pageSize=" + pageSize;
  }
}
