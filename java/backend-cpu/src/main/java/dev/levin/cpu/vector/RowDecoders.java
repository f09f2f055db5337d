package dev.levin.cpu.vector;

import dev.levin.core.DType;
import dev.levin.core.quant.Codecs;
import java.lang.foreign.MemorySegment;

/** Decoding of rows to arrays, by the vectors that the products use. */
final class RowDecoders {
  private RowDecoders() {}

  static void decode(DType dtype, MemorySegment source, long at, float[] target, int to, int n) {
    switch (dtype) {
      case F16, BF16, F8_E4M3, F8_E5M2 -> decodePlain(dtype, source, at, target, to, n);
      case Q4_0 -> BlockRows.decodeQ4(source, at, target, to, n);
      case Q4_1 -> BlockRows.decodeQ41(source, at, target, to, n);
      case Q5_0 -> BlockRows.decodeQ5(source, at, target, to, n);
      case Q5_1 -> BlockRows.decodeQ51(source, at, target, to, n);
      case Q8_0 -> BlockRows.decodeQ8(source, at, target, to, n);
      case Q2_K -> LowBitRows.decodeQ2(source, at, target, to, n);
      case Q3_K -> LowBitRows.decodeQ3(source, at, target, to, n);
      case Q4_K -> KQuantRows.decodeQ4(source, at, target, to, n);
      case Q5_K -> KQuantRows.decodeQ5(source, at, target, to, n);
      case Q6_K -> KQuantRows.decodeQ6(source, at, target, to, n);
      case TQ1_0 -> LowBitRows.decodeTq1(source, at, target, to, n);
      case TQ2_0 -> LowBitRows.decodeTq2(source, at, target, to, n);
      case I2_S -> LowBitRows.decodeI2s(source, at, target, to, n);
      case IQ4_NL -> CodebookRows.decodeIq4Nl(source, at, target, to, n);
      case IQ4_XS -> CodebookRows.decodeIq4Xs(source, at, target, to, n);
      case MXFP4 -> CodebookRows.decodeMxfp4(source, at, target, to, n);
      case NVFP4 -> CodebookRows.decodeNvfp4(source, at, target, to, n);
      case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S ->
          CodeRows.decode(dtype, source, at, target, to, n);
      default -> Codecs.of(dtype).decode(source, at, target, to, n);
    }
  }

  private static void decodePlain(
      DType dtype, MemorySegment source, long at, float[] target, int to, int count) {
    int done =
        switch (dtype) {
          case F16 -> PlainRows.decodeF16(source, at, target, to, count);
          case BF16 -> PlainRows.decodeBf16(source, at, target, to, count);
          case F8_E4M3 -> PlainRows.decodeE4m3(source, at, target, to, count);
          default -> PlainRows.decodeE5m2(source, at, target, to, count);
        };
    long rest = at + dtype.rowBytes(done);
    Codecs.of(dtype).decode(source, rest, target, to + done, count - done);
  }
}
