#include "stream.h"

namespace levin::emulator {

namespace {

/* Longer queues only cost memory. */
constexpr size_t kLongestQueue = 1024;

}  // namespace

Streams& Streams::instance() {
  static Streams* streams = new Streams;
  return *streams;
}

LevinEmulatedStream* Streams::create(bool blocking) {
  LevinEmulatedStream* stream = new LevinEmulatedStream;
  stream->blocking = blocking;
  streams_.insert(stream);
  return stream;
}

void Streams::destroy(LevinEmulatedStream* stream) {
  if (stream->capture != nullptr) {
    stream->capture->invalid = true;
    stream->capture->streams.erase(stream);
    stream->capture->unjoined.erase(stream);
  }
  drain(*stream);
  streams_.erase(stream);
  delete stream;
}

LevinEmulatedStream* Streams::find(cudaStream_t stream) {
  if (stream == nullptr) {
    return &default_stream_;
  }
  return streams_.count(stream) != 0 ? stream : nullptr;
}

cudaError_t Streams::submit(LevinEmulatedStream& stream, Work work) {
  if (stream.capture != nullptr) {
    Capture& capture = *stream.capture;
    if (capture.invalid) {
      return cudaErrorStreamCaptureInvalidated;
    }
    capture.nodes.push_back(std::move(work));
    capture.last_node[&stream] = capture.nodes.size();
    if (&stream != capture.origin) {
      capture.unjoined.insert(&stream);
    }
    return cudaSuccess;
  }
  /* The default stream and the blocking ones wait for each other. */
  if (&stream == &default_stream_) {
    for (LevinEmulatedStream* other : streams_) {
      if (other->blocking && !other->queue.empty()) {
        wait(stream, record(*other));
      }
    }
  } else if (stream.blocking && !default_stream_.queue.empty()) {
    wait(stream, record(default_stream_));
  }
  stream.queue.push_back(std::move(work));
  if (stream.queue.size() > kLongestQueue) {
    drain(stream);
  }
  return cudaSuccess;
}

std::shared_ptr<Moment> Streams::record(LevinEmulatedStream& stream) {
  auto moment = std::make_shared<Moment>();
  moment->stream = &stream;
  stream.queue.push_back({[moment] {
                            moment->reached = true;
                            moment->time = std::chrono::steady_clock::now();
                            return Failure{};
                          },
                          true});
  return moment;
}

void Streams::wait(LevinEmulatedStream& stream, std::shared_ptr<Moment> moment) {
  if (moment == nullptr || moment->reached) {
    return;
  }
  stream.queue.push_back({[this, moment] {
                            if (!moment->reached) {
                              drain(*moment->stream, moment.get());
                            }
                            return Failure{};
                          },
                          true});
}

void Streams::run_one(LevinEmulatedStream& stream) {
  Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (stream.failure.code != cudaSuccess && !work.always) {
    return;
  }
  Failure failure = work.run();
  if (failure.code != cudaSuccess) {
    stream.failure = failure;
  }
}

void Streams::drain(LevinEmulatedStream& stream, const Moment* until) {
  while (!stream.queue.empty() && (until == nullptr || !until->reached)) {
    run_one(stream);
  }
}

cudaError_t Streams::drain_all() {
  drain(default_stream_);
  for (LevinEmulatedStream* stream : streams_) {
    drain(*stream);
  }
  cudaError_t first = take_failure(default_stream_);
  for (LevinEmulatedStream* stream : streams_) {
    if (first == cudaSuccess) {
      first = take_failure(*stream);
    }
  }
  return first;
}

cudaError_t Streams::take_failure(LevinEmulatedStream& stream) {
  if (stream.failure.code == cudaSuccess) {
    return cudaSuccess;
  }
  Failure failure = std::move(stream.failure);
  stream.failure = Failure{};
  return failed(failure.code, failure.text);
}

bool Streams::forbidden_by_capture() {
  bool forbidden = false;
  for (const std::shared_ptr<Capture>& capture : captures) {
    if (capture->mode == cudaStreamCaptureModeGlobal ||
        (capture->mode == cudaStreamCaptureModeThreadLocal &&
         capture->thread == std::this_thread::get_id())) {
      capture->invalid = true;
      forbidden = true;
    }
  }
  return forbidden;
}

}  // namespace levin::emulator
