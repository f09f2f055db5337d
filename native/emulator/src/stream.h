/*
 * Streams, events and graphs. Work is queued and runs when somebody waits for it, on the waiting thread,
 * under one lock: whatever a program does not wait for has not happened yet.
 */
#ifndef LEVIN_EMULATOR_STREAM_H
#define LEVIN_EMULATOR_STREAM_H

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cuda_runtime_api.h"

namespace levin::emulator {

struct Failure {
  cudaError_t code = cudaSuccess;
  std::string text;
};

/* A piece of work; a graph runs it as often as it is launched. */
struct Work {
  std::function<Failure()> run;
  /* Bookkeeping, which a failed stream still does. */
  bool always = false;
};

/* One recording of an event. */
struct Moment {
  bool reached = false;
  LevinEmulatedStream* stream = nullptr;
  std::chrono::steady_clock::time_point time;
};

struct Capture {
  cudaStreamCaptureMode mode;
  std::thread::id thread;
  LevinEmulatedStream* origin;
  std::vector<Work> nodes;
  std::set<LevinEmulatedStream*> streams;
  /* Streams other than the origin with work that the origin has not waited for. */
  std::set<LevinEmulatedStream*> unjoined;
  /* How many nodes there were when a stream's latest was added. */
  std::map<LevinEmulatedStream*, size_t> last_node;
  bool invalid = false;
};

}  // namespace levin::emulator

struct LevinEmulatedStream {
  bool blocking = true;
  std::deque<levin::emulator::Work> queue;
  levin::emulator::Failure failure;
  std::shared_ptr<levin::emulator::Capture> capture;
};

struct LevinEmulatedEvent {
  bool timed = true;
  std::shared_ptr<levin::emulator::Moment> moment;
  /* Of a recording during capture: where, and how many nodes came before it. */
  std::shared_ptr<levin::emulator::Capture> capture;
  LevinEmulatedStream* captured_stream = nullptr;
  size_t captured_nodes = 0;
};

struct LevinEmulatedGraph {
  std::vector<levin::emulator::Work> nodes;
};

struct LevinEmulatedGraphExec {
  std::shared_ptr<std::vector<levin::emulator::Work>> nodes;
};

namespace levin::emulator {

class Streams {
 public:
  static Streams& instance();

  LevinEmulatedStream* create(bool blocking);
  void destroy(LevinEmulatedStream* stream);
  /* The default stream for null; null for what is no stream. */
  LevinEmulatedStream* find(cudaStream_t stream);

  /* Queues or captures. */
  cudaError_t submit(LevinEmulatedStream& stream, Work work);
  std::shared_ptr<Moment> record(LevinEmulatedStream& stream);
  void wait(LevinEmulatedStream& stream, std::shared_ptr<Moment> moment);
  void drain(LevinEmulatedStream& stream, const Moment* until = nullptr);
  void run_one(LevinEmulatedStream& stream);
  /* Runs all queues; the first failure of any stream. */
  cudaError_t drain_all();
  /* Reports a stream's failure, once. */
  cudaError_t take_failure(LevinEmulatedStream& stream);

  /* Not allowed while a capture is open that forbids it to this thread; spoils the capture. */
  bool forbidden_by_capture();

  std::recursive_mutex mutex;
  std::set<std::shared_ptr<Capture>> captures;

 private:
  LevinEmulatedStream default_stream_;
  std::set<LevinEmulatedStream*> streams_;
};

/* Remembers the error, and its report, for cudaGetLastError and cudaGetErrorString of this thread. */
cudaError_t failed(cudaError_t code, const std::string& text = {});

}  // namespace levin::emulator

#endif
