// The next token of each row of logits.
#pragma once

#include <cstdint>

#include "levin/kernels/status.h"
#include "levin/kernels/views.h"

namespace levin {

// The highest logit, the lowest id among equals. Rows that hold NaN or +infinity, or nothing but -infinity, give -1.
struct ArgmaxParams {
  MatrixView<const float> logits;  // [R, V]
  int32_t* ids;                    // [R]
  int64_t rows, vocab;
};

// Of the top_k highest logits, those of the fewest highest whose probabilities sum to top_p, of these those not below
// min_p times the highest probability; drawn by their probabilities at a temperature. Ties go to lower ids; rows
// without numbers give -1, as above. The draw takes candidates in the order of their ids, so a row's token depends on
// its logits, options and point alone.
struct SampleParams {
  MatrixView<const float> logits;  // [R, V]
  const float* temperature;        // [R] at least 0; 0 is greedy
  const int32_t* top_k;            // [R] 0 for all; or null
  const float* top_p;              // [R] 1 for all; or null
  const float* min_p;              // [R] 0 for all; or null
  const float* point;              // [R] uniform in [0, 1)
  int32_t* ids;                    // [R]
  int64_t rows, vocab;             // vocab below 2^20
};

Status argmax(const ArgmaxParams& params, cudaStream_t stream);
Status sample(const SampleParams& params, cudaStream_t stream);

}  // namespace levin
