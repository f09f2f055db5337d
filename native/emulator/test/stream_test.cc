/* Streams, events, graphs and copies: order, laziness, capture and errors. */
#include <atomic>
#include <thread>

#include "check.h"

using levin::LaunchShape;
using levin::Status;
using levin::launch;
using levin::test::Array;

namespace {

struct StepParams {
  int* values;
  int n;
  int multiply;
  int add;
};

__global__ void step(const __grid_constant__ StepParams p) {
  int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < p.n) {
    p.values[i] = p.values[i] * p.multiply + p.add;
  }
}

Status enqueue(cudaStream_t stream, Array<int>& values, int multiply, int add) {
  int n = static_cast<int>(values.size());
  return launch(step, {dim3((n + 63) / 64), 64, 0, {1, 1, 1}}, stream,
                StepParams{values.data(), n, multiply, add});
}

CASE(a_stream_keeps_its_order_and_runs_when_waited_for) {
  cudaStream_t stream;
  EQUAL(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  Array<int> values(100);
  EQUAL(cudaMemsetAsync(values.data(), 0, 400, stream), cudaSuccess);
  EQUAL(enqueue(stream, values, 1, 3) == Status::kOk, true);
  EQUAL(enqueue(stream, values, 10, 1) == Status::kOk, true);
  EQUAL(values[0], -1);
  EQUAL(cudaStreamQuery(stream), cudaErrorNotReady);
  EQUAL(cudaGetLastError(), cudaSuccess);
  EQUAL(cudaStreamSynchronize(stream), cudaSuccess);
  EQUAL(values[0], 31);
  EQUAL(values[99], 31);
  EQUAL(cudaStreamQuery(stream), cudaSuccess);
  EQUAL(cudaStreamDestroy(stream), cudaSuccess);
  EQUAL(cudaStreamDestroy(stream), cudaErrorInvalidResourceHandle);
}

CASE(an_event_orders_two_streams) {
  cudaStream_t first, second;
  cudaEvent_t event;
  cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking);
  cudaEventCreate(&event);
  Array<int> values(8);
  cudaMemset(values.data(), 0, 32);
  enqueue(first, values, 1, 5);
  cudaEventRecord(event, first);
  enqueue(first, values, 1, 100);
  EQUAL(cudaStreamWaitEvent(second, event), cudaSuccess);
  enqueue(second, values, 2, 0);
  EQUAL(cudaEventQuery(event), cudaErrorNotReady);
  EQUAL(cudaStreamSynchronize(second), cudaSuccess);
  EQUAL(cudaEventQuery(event), cudaSuccess);
  EQUAL(values[0], 10);
  EQUAL(cudaDeviceSynchronize(), cudaSuccess);
  EQUAL(values[0], 110);
  cudaEventDestroy(event);
  cudaStreamDestroy(first);
  cudaStreamDestroy(second);
}

CASE(the_default_stream_waits_for_blocking_streams) {
  cudaStream_t blocking;
  cudaStreamCreate(&blocking);
  Array<int> values(8);
  cudaMemset(values.data(), 0, 32);
  enqueue(blocking, values, 1, 7);
  enqueue(nullptr, values, 3, 0);
  enqueue(blocking, values, 1, 1);
  EQUAL(cudaStreamSynchronize(blocking), cudaSuccess);
  EQUAL(values[0], 22);
  cudaStreamDestroy(blocking);
}

CASE(pinned_memory_is_read_when_the_copy_runs) {
  int* pinned;
  EQUAL(cudaMallocHost(&pinned, 4), cudaSuccess);
  int pageable = 11;
  *pinned = 1;
  Array<int> values(2);
  cudaMemcpyAsync(values.data(), pinned, 4, cudaMemcpyHostToDevice, nullptr);
  cudaMemcpyAsync(values.data() + 1, &pageable, 4, cudaMemcpyHostToDevice, nullptr);
  *pinned = 2;
  pageable = 12;
  cudaStreamSynchronize(nullptr);
  EQUAL(values[0], 2);
  EQUAL(values[1], 11);
  EQUAL(cudaFreeHost(pinned), cudaSuccess);
}

CASE(bad_copies_and_launches_are_refused) {
  Array<int> values(4);
  int host[8] = {};
  EQUAL(cudaMemcpy(values.data(), host, 20, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EQUAL(cudaMemcpy(host, host, 4, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EQUAL(cudaGetLastError(), cudaErrorInvalidValue);
  EQUAL(cudaGetLastError(), cudaSuccess);
  LaunchShape too_wide{1, 1025, 0, {1, 1, 1}};
  EQUAL(launch(step, too_wide, nullptr, StepParams{values.data(), 4, 1, 0}) == Status::kInvalidArgument,
        true);
  LaunchShape too_much{1, 32, 300000, {1, 1, 1}};
  EQUAL(launch(step, too_much, nullptr, StepParams{values.data(), 4, 1, 0}) == Status::kInvalidArgument,
        true);
  int* huge = nullptr;
  EQUAL(cudaMalloc(&huge, size_t{1} << 50), cudaErrorMemoryAllocation);
  EQUAL(cudaFree(host), cudaErrorInvalidValue);
  cudaGetLastError();
}

CASE(a_graph_replays_launches_with_their_params) {
  cudaStream_t stream, side;
  cudaEvent_t fork, join;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags(&side, cudaStreamNonBlocking);
  cudaEventCreate(&fork);
  cudaEventCreate(&join);
  Array<int> values(70), others(5);
  cudaMemset(values.data(), 0, 280);
  cudaMemset(others.data(), 0, 20);
  EQUAL(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  enqueue(stream, values, 1, 1);
  cudaEventRecord(fork, stream);
  EQUAL(cudaStreamWaitEvent(side, fork), cudaSuccess);
  enqueue(side, others, 1, 2);
  cudaEventRecord(join, side);
  enqueue(stream, values, 2, 0);
  EQUAL(cudaStreamWaitEvent(stream, join), cudaSuccess);
  cudaGraph_t graph;
  EQUAL(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  cudaStreamSynchronize(stream);
  EQUAL(values[0], 0);
  cudaGraphExec_t exec;
  EQUAL(cudaGraphInstantiate(&exec, graph), cudaSuccess);
  EQUAL(cudaGraphDestroy(graph), cudaSuccess);
  for (int i = 0; i < 3; ++i) {
    EQUAL(cudaGraphLaunch(exec, stream), cudaSuccess);
  }
  EQUAL(cudaStreamSynchronize(stream), cudaSuccess);
  EQUAL(values[69], 14);
  EQUAL(others[4], 6);
  cudaGraphExecDestroy(exec);
  cudaEventDestroy(fork);
  cudaEventDestroy(join);
  cudaStreamDestroy(side);
  cudaStreamDestroy(stream);
}

CASE(what_a_capture_forbids_spoils_it) {
  cudaStream_t stream, side;
  cudaEvent_t fork;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  cudaStreamCreateWithFlags(&side, cudaStreamNonBlocking);
  cudaEventCreate(&fork);
  Array<int> values(4);
  cudaGraph_t graph;
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  EQUAL(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
  EQUAL(enqueue(stream, values, 1, 1) == Status::kInternal, true);
  EQUAL(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);

  cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
  cudaEventRecord(fork, stream);
  cudaStreamWaitEvent(side, fork);
  enqueue(side, values, 1, 1);
  EQUAL(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureUnjoined);

  cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
  int* pointer = nullptr;
  EQUAL(cudaMalloc(&pointer, 4), cudaErrorStreamCaptureUnsupported);
  EQUAL(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
  cudaEventDestroy(fork);
  cudaStreamDestroy(side);
  cudaStreamDestroy(stream);
  cudaGetLastError();
}

__global__ void reads_past_its_array(const __grid_constant__ StepParams p) {
  p.values[0] = p.values[p.n + static_cast<int>(threadIdx.x)];
}

CASE(a_fault_is_reported_once_and_drops_what_follows) {
  cudaStream_t stream;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  Array<int> values(4);
  cudaMemset(values.data(), 0, 16);
  EQUAL(launch(reads_past_its_array, {1, 1, 0, {1, 1, 1}}, stream, StepParams{values.data(), 4, 0, 0}) ==
            Status::kOk,
        true);
  enqueue(stream, values, 1, 1);
  EQUAL(cudaStreamSynchronize(stream), cudaErrorLaunchFailure);
  CONTAINS(cudaGetErrorString(cudaErrorLaunchFailure), "out-of-bounds read of 4 bytes");
  CONTAINS(cudaGetErrorString(cudaErrorLaunchFailure), "reads_past_its_array");
  EQUAL(values[0], 0);
  EQUAL(cudaStreamSynchronize(stream), cudaSuccess);
  enqueue(stream, values, 1, 1);
  EQUAL(cudaStreamSynchronize(stream), cudaSuccess);
  EQUAL(values[0], 1);
  cudaStreamDestroy(stream);
}

CASE(threads_of_the_host_share_the_device) {
  constexpr int kThreads = 4, kRounds = 50;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&wrong, t] {
      cudaStream_t stream;
      cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
      for (int round = 0; round < kRounds; ++round) {
        Array<int> values(300);
        cudaMemsetAsync(values.data(), 0, 1200, stream);
        enqueue(stream, values, 1, t);
        if (round % 10 == 3) {
          launch(reads_past_its_array, {1, 1, 0, {1, 1, 1}}, stream, StepParams{values.data(), 300, 0, 0});
        }
        enqueue(stream, values, 2, round);
        cudaError_t error = cudaStreamSynchronize(stream);
        int want = round % 10 == 3 ? t : 2 * t + round;
        wrong += values[299] != want || (error != cudaSuccess) != (round % 10 == 3);
      }
      cudaStreamDestroy(stream);
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EQUAL(wrong.load(), 0);
}

}  // namespace

int main() {
  return levin::test::run_all();
}
