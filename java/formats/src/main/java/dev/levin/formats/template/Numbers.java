package dev.levin.formats.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** Python's arithmetic on bool, int and float. Integers are Long and grow into BigInteger. */
final class Numbers {
  /** Largest integer, in bits; a template has no use for more. */
  static final int MAX_BITS = 1024;

  private static final BigInteger LONG_MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private Numbers() {}

  static boolean isNumeric(Object value) {
    return value instanceof Long
        || value instanceof Double
        || value instanceof Boolean
        || value instanceof BigInteger;
  }

  /** A boolean as the integer it is in arithmetic. */
  static Object plain(Object number) {
    return number instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : number;
  }

  static double asDouble(Object number) {
    return ((Number) plain(number)).doubleValue();
  }

  static BigInteger big(Object integer) {
    Object plain = plain(integer);
    return plain instanceof BigInteger big ? big : BigInteger.valueOf((Long) plain);
  }

  /** Long where it fits. */
  static Object normal(BigInteger value) {
    if (value.compareTo(LONG_MIN) >= 0 && value.compareTo(LONG_MAX) <= 0) {
      return value.longValue();
    }
    if (value.bitLength() > MAX_BITS) {
      throw tooLarge();
    }
    return value;
  }

  /** An integer written in digits of a base; null when it is none. */
  static Object parseInteger(String digits, int radix) {
    if (digits.length() > MAX_BITS / 3) {
      throw tooLarge();
    }
    try {
      return normal(new BigInteger(digits, radix));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  static Object arithmetic(String operator, Object left, Object right) {
    Object a = plain(left);
    Object b = plain(right);
    if (operator.equals("/")) {
      return divide(a, b);
    }
    if (a instanceof Double || b instanceof Double) {
      return floats(operator, asDouble(a), asDouble(b));
    }
    if (a instanceof Long x && b instanceof Long y) {
      Object exact = longs(operator, x, y);
      if (exact != null) {
        return exact;
      }
    }
    return integers(operator, big(a), big(b));
  }

  static Object negate(Object number) {
    Object plain = plain(number);
    return plain instanceof Double value ? (Object) (-value) : normal(big(plain).negate());
  }

  static Object absolute(Object number) {
    Object plain = plain(number);
    return plain instanceof Double value ? (Object) Math.abs(value) : normal(big(plain).abs());
  }

  /** Null where the result may leave 64 bits. */
  private static Object longs(String operator, long x, long y) {
    switch (operator) {
      case "+" -> {
        long sum = x + y;
        return ((x ^ sum) & (y ^ sum)) < 0 ? null : (Object) sum;
      }
      case "-" -> {
        long difference = x - y;
        return ((x ^ y) & (x ^ difference)) < 0 ? null : (Object) difference;
      }
      case "*" -> {
        long high = Math.multiplyHigh(x, y);
        long low = x * y;
        return high == low >> 63 ? (Object) low : null;
      }
      case "//" -> {
        return y == 0 || y == -1 ? null : (Object) Math.floorDiv(x, y);
      }
      case "%" -> {
        return y == 0 ? null : (Object) Math.floorMod(x, y);
      }
      default -> {
        return null;
      }
    }
  }

  private static Object integers(String operator, BigInteger x, BigInteger y) {
    return switch (operator) {
      case "+" -> normal(x.add(y));
      case "-" -> normal(x.subtract(y));
      case "*" -> normal(x.multiply(y));
      case "//" -> normal(floorDivide(x, y)[0]);
      case "%" -> normal(floorDivide(x, y)[1]);
      case "**" -> power(x, y);
      default -> throw new IllegalStateException("operator " + operator);
    };
  }

  private static BigInteger[] floorDivide(BigInteger x, BigInteger y) {
    if (y.signum() == 0) {
      throw divisionByZero();
    }
    BigInteger[] parts = x.divideAndRemainder(y);
    if (parts[1].signum() != 0 && parts[1].signum() != y.signum()) {
      parts[0] = parts[0].subtract(BigInteger.ONE);
      parts[1] = parts[1].add(y);
    }
    return parts;
  }

  private static Object power(BigInteger base, BigInteger exponent) {
    if (exponent.signum() < 0) {
      if (base.signum() == 0) {
        throw divisionByZero();
      }
      return Math.pow(base.doubleValue(), exponent.doubleValue());
    }
    if (base.abs().bitLength() <= 1) {
      // A base of -1, 0 or 1 takes any exponent; only its parity and being zero matter.
      return normal(base.pow(exponent.signum() == 0 ? 0 : exponent.testBit(0) ? 1 : 2));
    }
    if (exponent.bitLength() > 31 || (base.bitLength() - 1L) * exponent.intValue() > MAX_BITS) {
      throw tooLarge();
    }
    return normal(base.pow(exponent.intValue()));
  }

  private static Object floats(String operator, double x, double y) {
    return switch (operator) {
      case "+" -> x + y;
      case "-" -> x - y;
      case "*" -> x * y;
      case "//" -> floorDivide(x, y);
      case "%" -> floorModulo(x, y);
      case "**" -> {
        if (x == 0 && y < 0) {
          throw divisionByZero();
        }
        double power = Math.pow(x, y);
        if (Double.isNaN(power) && !Double.isNaN(x) && !Double.isNaN(y)) {
          throw new TemplateFault("a negative number has no fractional power");
        }
        yield power;
      }
      default -> throw new IllegalStateException("operator " + operator);
    };
  }

  private static double floorDivide(double x, double y) {
    if (y == 0) {
      throw divisionByZero();
    }
    return Math.rint((x - floorModulo(x, y)) / y);
  }

  private static double floorModulo(double x, double y) {
    if (y == 0) {
      throw divisionByZero();
    }
    double remainder = x % y;
    return remainder != 0 && remainder < 0 != y < 0 ? remainder + y : remainder;
  }

  private static Object divide(Object a, Object b) {
    double divisor = asDouble(b);
    if (divisor == 0) {
      throw divisionByZero();
    }
    double dividend = asDouble(a);
    boolean rounded = Math.abs(dividend) >= 0x1p53 || Math.abs(divisor) >= 0x1p53;
    if (rounded && !(a instanceof Double) && !(b instanceof Double)) {
      return new BigDecimal(big(a))
          .divide(new BigDecimal(big(b)), MathContext.DECIMAL128)
          .doubleValue();
    }
    return dividend / divisor;
  }

  private static TemplateFault divisionByZero() {
    return new TemplateFault("division by zero");
  }

  private static TemplateFault tooLarge() {
    return new TemplateFault("an integer exceeds " + MAX_BITS + " bits");
  }
}
