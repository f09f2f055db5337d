package dev.levin.core;

/**
 * Every element or block encoding Levin knows. Block layouts are specified here once; native
 * headers mirror them. All multi-byte fields are little-endian; {@code d}, {@code m} are F16 unless
 * said.
 *
 * <p>Ids are those of GGUF ({@code ggml_type}); {@code NO_GGUF_ID} marks types GGUF lacks.
 */
public enum DType {
  F64(28, 1, 8),
  F32(0, 1, 4),
  /** IEEE binary16. */
  F16(1, 1, 2),
  /** The upper half of an F32. */
  BF16(30, 1, 2),
  /** OCP 8-bit float, 4 exponent and 3 mantissa bits, bias 7, no infinities, NaN = S.1111.111. */
  F8_E4M3(DType.NO_GGUF_ID, 1, 1),
  /** OCP 8-bit float, 5 exponent and 2 mantissa bits, bias 15, IEEE infinities and NaN. */
  F8_E5M2(DType.NO_GGUF_ID, 1, 1),
  /** Raw bytes; what checkpoints with packed weights store. */
  U8(DType.NO_GGUF_ID, 1, 1),
  BOOL(DType.NO_GGUF_ID, 1, 1),
  I8(24, 1, 1),
  I16(25, 1, 2),
  I32(26, 1, 4),
  I64(27, 1, 8),

  /** d; 16 bytes qs. x[i] = d * (qs[i] & 15 - 8), x[i+16] = d * (qs[i] >> 4 - 8). */
  Q4_0(2, 32, 18),
  /** d, m; 16 bytes qs. x = d * q + m, nibbles as in Q4_0. */
  Q4_1(3, 32, 20),
  /** d; 4 bytes qh (fifth bits, value i at bit i); 16 bytes qs. x = d * (q - 16). */
  Q5_0(6, 32, 22),
  /** d, m; 4 bytes qh; 16 bytes qs. x = d * q + m. */
  Q5_1(7, 32, 24),
  /** d; 32 signed bytes. x = d * q. */
  Q8_0(8, 32, 34),
  /** d, s = d * sum(q); 32 signed bytes. An activation format. */
  Q8_1(9, 32, 36),
  /** 16 bytes scales (4-bit scale, 4-bit min per 16); 64 bytes qs (2 bit); d, dmin. */
  Q2_K(10, 256, 84),
  /** 32 bytes hmask; 64 bytes qs; 12 bytes 6-bit scales per 16; d. */
  Q3_K(11, 256, 110),
  /** d, dmin; 12 bytes 6-bit scales and mins per 32; 128 bytes qs. x = d*sc*q - dmin*mn. */
  Q4_K(12, 256, 144),
  /** d, dmin; 12 bytes scales and mins; 32 bytes qh; 128 bytes qs. */
  Q5_K(13, 256, 176),
  /** 128 bytes ql; 64 bytes qh; 16 signed 8-bit scales per 16; d. x = d*sc*(q-32). */
  Q6_K(14, 256, 210),
  /** F32 d; 256 signed bytes; 16 I16 sums of 16. An activation format. */
  Q8_K(15, 256, 292),
  /** d; 32 U16: per 32 values four 8-bit grid indices, four 7-bit sign sets, a 4-bit scale. */
  IQ2_XXS(16, 256, 66),
  /** d; 32 U16 (9-bit grid index, 7-bit signs); 8 bytes 4-bit scales. */
  IQ2_XS(17, 256, 74),
  /** d; 64 bytes grid indices; 8 U32, each four 7-bit sign sets and a 4-bit scale per 32 values. */
  IQ3_XXS(18, 256, 98),
  /** d; 32 bytes qs; 8 U16 qh (3 x 4 high bits, 3-bit scale, sign of delta). */
  IQ1_S(19, 256, 50),
  /** d; 16 bytes of nibbles into a table of 16 non-linear levels. */
  IQ4_NL(20, 32, 18),
  /** d; 64 bytes qs; 8 bytes qh; 32 bytes signs; 4 bytes scales. */
  IQ3_S(21, 256, 110),
  /** d; 32 bytes qs and 32 bytes signs; 8 bytes qh; 8 bytes scales. */
  IQ2_S(22, 256, 82),
  /** d; U16 high scale bits; 4 bytes low scale bits; 128 bytes nibbles, IQ4_NL levels. */
  IQ4_XS(23, 256, 136),
  /** 32 bytes qs; 16 bytes qh; 8 bytes scales, whose top nibbles spell the F16 d. */
  IQ1_M(29, 256, 56),
  /** 48 bytes of five and 4 bytes of four base-3 digits; d. x = d * (digit - 1). */
  TQ1_0(34, 256, 54),
  /** 64 bytes of four 2-bit digits; d. x = d * (digit - 1). */
  TQ2_0(35, 256, 66),
  /**
   * 32 bytes of four 2-bit digits, the first 32 values in the top bits. x = digit - 1; BitNet's
   * files keep one F32 scale behind a tensor's data, in 32 bytes of their own.
   */
  I2_S(36, 128, 32),
  /** E8M0 exponent byte e; 16 bytes of E2M1 nibbles (i, i+16). x = 2^(e-127) * value (OCP MX). */
  MXFP4(39, 32, 17),
  /** 4 UE4M3 scale bytes, one per 16 values; 32 bytes of E2M1 nibbles. */
  NVFP4(40, 64, 36);

  /** The id of types that GGUF files cannot hold. */
  public static final int NO_GGUF_ID = -1;

  private static final DType[] BY_GGUF_ID = new DType[64];

  static {
    for (DType dtype : values()) {
      if (dtype.ggufId != NO_GGUF_ID) {
        BY_GGUF_ID[dtype.ggufId] = dtype;
      }
    }
  }

  private final int ggufId;
  private final int blockValues;
  private final int blockBytes;

  DType(int ggufId, int blockValues, int blockBytes) {
    this.ggufId = ggufId;
    this.blockValues = blockValues;
    this.blockBytes = blockBytes;
  }

  /** The type with this GGUF id, or null when there is none. */
  public static DType ofGgufId(int id) {
    return id >= 0 && id < BY_GGUF_ID.length ? BY_GGUF_ID[id] : null;
  }

  public int ggufId() {
    return ggufId;
  }

  /** Values per block; 1 for plain elements. */
  public int blockValues() {
    return blockValues;
  }

  public int blockBytes() {
    return blockBytes;
  }

  /** True for encodings in which several values share a scale. */
  public boolean isBlock() {
    return blockValues > 1;
  }

  /** Bytes of {@code count} consecutive values, a multiple of {@link #blockValues()}. */
  public long rowBytes(long count) {
    return Math.multiplyExact(count / blockValues, (long) blockBytes);
  }

  /** Bytes of a contiguous tensor of this shape. */
  public long bytes(Shape shape) {
    return Math.multiplyExact(shape.rows(), rowBytes(shape.last()));
  }

  public double bitsPerValue() {
    return 8.0 * blockBytes / blockValues;
  }
}
