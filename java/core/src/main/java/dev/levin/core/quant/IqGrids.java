package dev.levin.core.quant;

import dev.levin.core.DType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.StringTokenizer;

/**
 * The codebooks that IQ formats index: points of 8 (IQ1, IQ2) or 4 (IQ3) small integers. They are
 * part of the file format and were chosen by its authors; the resource beside this class holds
 * them. Value i of point p of a grid is at {@code p * valuesPerPoint + i}.
 */
public final class IqGrids {
  private static final String RESOURCE = "iq-grids.txt";
  private static final Map<String, byte[]> GRIDS = read();

  static final byte[] IQ1 = GRIDS.get("IQ1");
  static final byte[] IQ2_XXS = GRIDS.get("IQ2_XXS");
  static final byte[] IQ2_XS = GRIDS.get("IQ2_XS");
  static final byte[] IQ2_S = GRIDS.get("IQ2_S");
  static final byte[] IQ3_XXS = GRIDS.get("IQ3_XXS");
  static final byte[] IQ3_S = GRIDS.get("IQ3_S");

  private IqGrids() {}

  /**
   * The points that blocks of {@code dtype} index, one after another; the caller's own copy.
   *
   * @throws IllegalArgumentException for types without a grid
   */
  public static byte[] points(DType dtype) {
    return switch (dtype) {
      case IQ1_S, IQ1_M -> IQ1.clone();
      case IQ2_XXS -> IQ2_XXS.clone();
      case IQ2_XS -> IQ2_XS.clone();
      case IQ2_S -> IQ2_S.clone();
      case IQ3_XXS -> IQ3_XXS.clone();
      case IQ3_S -> IQ3_S.clone();
      default -> throw new IllegalArgumentException(dtype + " has no grid");
    };
  }

  private static Map<String, byte[]> read() {
    try (InputStream stream = IqGrids.class.getResourceAsStream(RESOURCE)) {
      if (stream == null) {
        throw new IllegalStateException(RESOURCE + " is missing from levin-core");
      }
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII));
      Map<String, byte[]> grids = new HashMap<>();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          StringTokenizer header = new StringTokenizer(line);
          grids.put(header.nextToken(), readGrid(header, lines));
        }
      }
      return grids;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One grid: {@code header} is at its number of points, {@code lines} at its first words. */
  private static byte[] readGrid(StringTokenizer header, BufferedReader lines) throws IOException {
    int points = Integer.parseInt(header.nextToken());
    int valuesPerPoint = Integer.parseInt(header.nextToken());
    byte[] levels = new byte[header.countTokens()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = Byte.parseByte(header.nextToken());
    }
    int bits = Short.SIZE / valuesPerPoint;
    int mask = (1 << bits) - 1;
    byte[] grid = new byte[points * valuesPerPoint];
    int filled = 0;
    while (filled < grid.length) {
      StringTokenizer words = new StringTokenizer(lines.readLine());
      while (words.hasMoreTokens()) {
        int word = Integer.parseInt(words.nextToken(), 16);
        for (int i = 0; i < valuesPerPoint; i++) {
          grid[filled++] = levels[word >> i * bits & mask];
        }
      }
    }
    return grid;
  }
}
