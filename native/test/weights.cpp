#include "weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

#include "levin/levin_cpu.h"

namespace {

constexpr int kPlainCodes = 4096;

std::vector<uint8_t> read_file(const std::string& path) {
  FILE* file = fopen(path.c_str(), "rb");
  if (file == nullptr) {
    throw std::runtime_error("cannot open " + path);
  }
  std::vector<uint8_t> bytes;
  uint8_t buffer[4096];
  size_t count;
  while ((count = fread(buffer, 1, sizeof(buffer), file)) > 0) {
    bytes.insert(bytes.end(), buffer, buffer + count);
  }
  fclose(file);
  return bytes;
}

/* An IEEE-like float of the given widths, without its infinities and NaNs. */
float small_float(uint32_t code, int exponent_bits, int mantissa_bits, int bias) {
  int exponent = (int)(code >> mantissa_bits) & ((1 << exponent_bits) - 1);
  int mantissa = (int)code & ((1 << mantissa_bits) - 1);
  int sign = (int)(code >> (mantissa_bits + exponent_bits)) & 1;
  float magnitude = exponent == 0
                        ? ldexpf((float)mantissa, 1 - bias - mantissa_bits)
                        : ldexpf((float)(mantissa + (1 << mantissa_bits)), exponent - bias - mantissa_bits);
  return sign ? -magnitude : magnitude;
}

/* Random finite codes of a type without blocks, and what they mean. */
void fill_plain(int32_t dtype, std::vector<uint8_t>& codes, std::vector<float>& values) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  while (values.size() < kPlainCodes) {
    uint32_t code = random();
    float value = normal(random);
    int bytes = 2;
    switch (dtype) {
      case LEVIN_CPU_DTYPE_F32:
        bytes = 4;
        memcpy(&code, &value, 4);
        break;
      case LEVIN_CPU_DTYPE_F16:
        code &= 0xcfff; /* below 2^5 */
        value = small_float(code, 5, 10, 15);
        break;
      case LEVIN_CPU_DTYPE_F8_E4M3:
        bytes = 1;
        code &= 0xff;
        value = small_float(code, 4, 3, 7);
        if ((code & 0x7f) == 0x7f) {
          continue;
        }
        break;
      default:
        bytes = 1;
        code &= 0xdf;
        value = small_float(code, 5, 2, 15);
        break;
    }
    codes.insert(codes.end(), (uint8_t*)&code, (uint8_t*)&code + bytes);
    values.push_back(value);
  }
}

}  // namespace

const std::vector<TypeInfo>& all_types() {
  static const std::vector<TypeInfo> types = {
      {"F32", LEVIN_CPU_DTYPE_F32, 1, 4},          {"F16", LEVIN_CPU_DTYPE_F16, 1, 2},
      {"Q4_0", LEVIN_CPU_DTYPE_Q4_0, 32, 18},      {"Q4_1", LEVIN_CPU_DTYPE_Q4_1, 32, 20},
      {"Q5_0", LEVIN_CPU_DTYPE_Q5_0, 32, 22},      {"Q5_1", LEVIN_CPU_DTYPE_Q5_1, 32, 24},
      {"Q8_0", LEVIN_CPU_DTYPE_Q8_0, 32, 34},      {"Q2_K", LEVIN_CPU_DTYPE_Q2_K, 256, 84},
      {"Q3_K", LEVIN_CPU_DTYPE_Q3_K, 256, 110},    {"Q4_K", LEVIN_CPU_DTYPE_Q4_K, 256, 144},
      {"Q5_K", LEVIN_CPU_DTYPE_Q5_K, 256, 176},    {"Q6_K", LEVIN_CPU_DTYPE_Q6_K, 256, 210},
      {"IQ4_NL", LEVIN_CPU_DTYPE_IQ4_NL, 32, 18},  {"IQ4_XS", LEVIN_CPU_DTYPE_IQ4_XS, 256, 136},
      {"BF16", LEVIN_CPU_DTYPE_BF16, 1, 2},        {"TQ1_0", LEVIN_CPU_DTYPE_TQ1_0, 256, 54},
      {"TQ2_0", LEVIN_CPU_DTYPE_TQ2_0, 256, 66},   {"I2_S", LEVIN_CPU_DTYPE_I2_S, 128, 32},      {"MXFP4", LEVIN_CPU_DTYPE_MXFP4, 32, 17},
      {"NVFP4", LEVIN_CPU_DTYPE_NVFP4, 64, 36},    {"F8_E4M3", LEVIN_CPU_DTYPE_F8_E4M3, 1, 1},
      {"F8_E5M2", LEVIN_CPU_DTYPE_F8_E5M2, 1, 1},  {"TQ2_0", LEVIN_CPU_DTYPE_TQ2_0 | LEVIN_CPU_DTYPE_TABLES, 256, 66},
      {"I2_S", LEVIN_CPU_DTYPE_I2_S | LEVIN_CPU_DTYPE_TABLES, 128, 32},
  };
  return types;
}

GuardedBytes::GuardedBytes(size_t bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t pages = (bytes + page - 1) / page;
  mapped_ = (pages + 1) * page;
  mapping_ = (uint8_t*)mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED || mprotect(mapping_ + pages * page, page, PROT_NONE) != 0) {
    throw std::runtime_error("cannot map a guard page");
  }
  data_ = mapping_ + pages * page - bytes;
}

GuardedBytes::~GuardedBytes() {
  munmap(mapping_, mapped_);
}

WeightPool::WeightPool(const TypeInfo& type) : type_(type) {
  if (type.block_values == 1 && type.dtype != LEVIN_CPU_DTYPE_BF16) {
    fill_plain(type.dtype, blocks_, decoded_);
    return;
  }
  std::string stem = std::string(LEVIN_GOLDEN_QUANTS) + "/" + type.name;
  blocks_ = read_file(stem + ".blocks");
  std::vector<uint8_t> floats = read_file(stem + ".f32");
  decoded_.resize(floats.size() / sizeof(float));
  memcpy(decoded_.data(), floats.data(), floats.size());
  if (blocks_.size() / type.block_bytes != decoded_.size() / type.block_values) {
    throw std::runtime_error(stem + ": blocks and values do not match");
  }
}

void WeightPool::draw_row(std::mt19937& random, int64_t k, uint8_t* encoded, double* values) const {
  std::uniform_int_distribution<size_t> pick(0, decoded_.size() / type_.block_values - 1);
  for (int64_t block = 0; block < k / type_.block_values; block++) {
    size_t chosen = pick(random);
    memcpy(encoded + block * type_.block_bytes, &blocks_[chosen * type_.block_bytes], type_.block_bytes);
    for (int i = 0; i < type_.block_values; i++) {
      values[block * type_.block_values + i] = decoded_[chosen * type_.block_values + i];
    }
  }
}
