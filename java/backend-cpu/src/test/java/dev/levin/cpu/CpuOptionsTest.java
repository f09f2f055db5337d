package dev.levin.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CpuOptionsTest {
  private String threads;

  @BeforeEach
  void remember() {
    threads = System.clearProperty(CpuOptions.THREADS);
  }

  @AfterEach
  void restore() {
    System.clearProperty(CpuOptions.KERNELS);
    System.clearProperty(CpuOptions.GEMM);
    if (threads == null) {
      System.clearProperty(CpuOptions.THREADS);
    } else {
      System.setProperty(CpuOptions.THREADS, threads);
    }
  }

  @Test
  void silenceMeansAllProcessorsAndAuto() {
    CpuOptions options = CpuOptions.fromProperties();
    assertEquals(Runtime.getRuntime().availableProcessors(), options.threads());
    assertEquals(CpuOptions.Kernels.AUTO, options.kernels());
    assertEquals(Gemm.AUTO, options.gemm());
  }

  @Test
  void propertiesAreRead() {
    System.setProperty(CpuOptions.THREADS, " 3 ");
    System.setProperty(CpuOptions.KERNELS, "Scalar");
    System.setProperty(CpuOptions.GEMM, "LUT");
    assertEquals(
        new CpuOptions(3, CpuOptions.Kernels.SCALAR, Gemm.LUT), CpuOptions.fromProperties());
  }

  @ParameterizedTest
  @CsvSource({
    "levin.cpu.threads, 0, 'levin.cpu.threads is 0, expected 1 to 1024'",
    "levin.cpu.threads, 1025, 'levin.cpu.threads is 1025, expected 1 to 1024'",
    "levin.cpu.threads, two, 'levin.cpu.threads is ''two'', expected a number from 1 to 1024'",
    "levin.cpu.kernels, fast, 'levin.cpu.kernels is ''fast'', expected auto, native, vector or scalar'",
    "levin.cpu.gemm, int4, 'levin.cpu.gemm is ''int4'', expected auto, fma, int8 or lut'"
  })
  void badValuesAreNamed(String property, String value, String message) {
    System.setProperty(property, value);
    var error = assertThrows(IllegalArgumentException.class, CpuOptions::fromProperties);
    assertEquals(message, error.getMessage());
  }
}
