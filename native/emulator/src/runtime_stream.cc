/* The runtime API: launches, streams, events and graphs. */
#include <cstdlib>
#include <cstring>
#include <new>

#include "device.h"
#include "stream.h"

namespace levin::emulator {

namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

/* TMA descriptors want 64. */
constexpr size_t kParamsAlignment = 64;

/* A launch with its own copy of the Params. */
struct KernelNode {
  explicit KernelNode(const KernelCall& original) : call(original) {
    params = std::aligned_alloc(kParamsAlignment,
                                (call.params_bytes + kParamsAlignment) / kParamsAlignment * kParamsAlignment);
    if (params == nullptr) {
      throw std::bad_alloc();
    }
    std::memcpy(params, original.params, call.params_bytes);
    call.params = params;
  }
  ~KernelNode() { std::free(params); }
  KernelNode(const KernelNode&) = delete;
  KernelNode& operator=(const KernelNode&) = delete;

  KernelCall call;
  void* params;
};

bool valid_shape(const KernelCall& call) {
  uint64_t threads = uint64_t{call.block.x} * call.block.y * call.block.z;
  return threads >= 1 && threads <= kMaxThreads && call.block.z <= 64 && call.grid.x >= 1 &&
         call.grid.x <= INT32_MAX && call.grid.y >= 1 && call.grid.y <= 65535 && call.grid.z >= 1 &&
         call.grid.z <= 65535 && call.dynamic_shared_bytes <= kMaxDynamicShared;
}

}  // namespace

cudaError_t launch(const KernelCall& call, cudaStream_t handle) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  LevinEmulatedStream* stream = streams.find(handle);
  if (stream == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  if (!valid_shape(call)) {
    return failed(cudaErrorInvalidConfiguration);
  }
  if (call.cluster.x * call.cluster.y * call.cluster.z != 1) {
    return failed(cudaErrorNotSupported, "the emulator runs no thread-block clusters");
  }
  auto node = std::make_shared<KernelNode>(call);
  return failed(streams.submit(*stream, {[node] {
                                           std::string report = Device::instance().run(node->call);
                                           return report.empty() ? Failure{}
                                                                 : Failure{cudaErrorLaunchFailure, report};
                                         },
                                         false}));
}

}  // namespace levin::emulator

using namespace levin::emulator;

namespace {

/* Runs body(stream) under the lock if handle names a stream. */
template <class Body>
cudaError_t with_stream(cudaStream_t handle, Body body) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  LevinEmulatedStream* stream = streams.find(handle);
  return failed(stream == nullptr ? cudaErrorInvalidResourceHandle : body(streams, *stream));
}

cudaError_t spoil(LevinEmulatedStream& stream) {
  stream.capture->invalid = true;
  return cudaErrorStreamCaptureUnsupported;
}

}  // namespace

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  *stream = streams.create((flags & cudaStreamNonBlocking) == 0);
  return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int) {
  return cudaStreamCreateWithFlags(stream, flags);
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  if (handle == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  return with_stream(handle, [](Streams& streams, LevinEmulatedStream& stream) {
    streams.destroy(&stream);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return with_stream(handle, [](Streams& streams, LevinEmulatedStream& stream) {
    if (stream.capture != nullptr) {
      return spoil(stream);
    }
    streams.drain(stream);
    return streams.take_failure(stream);
  });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return with_stream(handle, [](Streams& streams, LevinEmulatedStream& stream) {
    if (stream.capture != nullptr) {
      return spoil(stream);
    }
    if (stream.queue.empty()) {
      return streams.take_failure(stream);
    }
    streams.run_one(stream);
    return cudaErrorNotReady;
  });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t function, void* user_data) {
  return with_stream(handle, [=](Streams& streams, LevinEmulatedStream& stream) {
    return streams.submit(stream, {[=] {
                                     function(user_data);
                                     return Failure{};
                                   },
                                   false});
  });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  *event = new LevinEmulatedEvent;
  (*event)->timed = (flags & cudaEventDisableTiming) == 0;
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  Lock lock(Streams::instance().mutex);
  if (event == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  return with_stream(handle, [=](Streams& streams, LevinEmulatedStream& stream) {
    if (event == nullptr) {
      return cudaErrorInvalidResourceHandle;
    }
    if (stream.capture != nullptr) {
      event->capture = stream.capture;
      event->captured_stream = &stream;
      event->captured_nodes = stream.capture->nodes.size();
      return cudaSuccess;
    }
    event->capture = nullptr;
    event->moment = streams.record(stream);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned) {
  return with_stream(handle, [=](Streams& streams, LevinEmulatedStream& stream) {
    if (event == nullptr) {
      return cudaErrorInvalidResourceHandle;
    }
    if (event->capture == nullptr) {
      if (stream.capture != nullptr) {
        stream.capture->invalid = true;
        return cudaErrorStreamCaptureIsolation;
      }
      streams.wait(stream, event->moment);
      return cudaSuccess;
    }
    const std::shared_ptr<Capture>& capture = event->capture;
    if (streams.captures.count(capture) == 0 ||
        (stream.capture != nullptr && stream.capture != capture)) {
      return cudaErrorInvalidValue;
    }
    if (stream.capture == nullptr) {
      stream.capture = capture;
      capture->streams.insert(&stream);
    }
    auto last = capture->last_node.find(event->captured_stream);
    if (last == capture->last_node.end() || last->second <= event->captured_nodes) {
      capture->unjoined.erase(event->captured_stream);
    }
    if (&stream != capture->origin) {
      capture->unjoined.insert(&stream);
    }
    return cudaSuccess;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  if (event == nullptr || event->capture != nullptr) {
    return failed(event == nullptr ? cudaErrorInvalidResourceHandle : cudaErrorStreamCaptureUnsupported);
  }
  if (event->moment == nullptr || event->moment->reached) {
    return cudaSuccess;
  }
  LevinEmulatedStream& stream = *event->moment->stream;
  streams.drain(stream, event->moment.get());
  return streams.take_failure(stream);
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  Streams& streams = Streams::instance();
  Lock lock(streams.mutex);
  if (event == nullptr || event->capture != nullptr) {
    return failed(event == nullptr ? cudaErrorInvalidResourceHandle : cudaErrorStreamCaptureUnsupported);
  }
  if (event->moment == nullptr || event->moment->reached) {
    return cudaSuccess;
  }
  streams.run_one(*event->moment->stream);
  return cudaErrorNotReady;
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  Lock lock(Streams::instance().mutex);
  if (start == nullptr || end == nullptr || start->moment == nullptr || end->moment == nullptr ||
      !start->timed || !end->timed) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  if (!start->moment->reached || !end->moment->reached) {
    return failed(cudaErrorNotReady);
  }
  *milliseconds =
      std::chrono::duration<float, std::milli>(end->moment->time - start->moment->time).count();
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  return with_stream(handle, [=](Streams& streams, LevinEmulatedStream& stream) {
    if (handle == nullptr || stream.capture != nullptr) {
      return handle == nullptr ? cudaErrorStreamCaptureUnsupported : cudaErrorInvalidValue;
    }
    auto capture = std::make_shared<Capture>();
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    capture->origin = &stream;
    capture->streams.insert(&stream);
    stream.capture = capture;
    streams.captures.insert(capture);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
  *graph = nullptr;
  return with_stream(handle, [=](Streams& streams, LevinEmulatedStream& stream) {
    if (stream.capture == nullptr) {
      return cudaErrorInvalidValue;
    }
    std::shared_ptr<Capture> capture = stream.capture;
    bool unmatched = capture->origin != &stream;
    for (LevinEmulatedStream* member : capture->streams) {
      member->capture = nullptr;
    }
    streams.captures.erase(capture);
    if (capture->invalid || unmatched || !capture->unjoined.empty()) {
      return capture->invalid ? cudaErrorStreamCaptureInvalidated
             : unmatched      ? cudaErrorStreamCaptureUnmatched
                              : cudaErrorStreamCaptureUnjoined;
    }
    *graph = new LevinEmulatedGraph{capture->nodes};
    return cudaSuccess;
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
  return with_stream(handle, [=](Streams&, LevinEmulatedStream& stream) {
    *status = stream.capture == nullptr ? cudaStreamCaptureStatusNone
              : stream.capture->invalid ? cudaStreamCaptureStatusInvalidated
                                        : cudaStreamCaptureStatusActive;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  if (graph == nullptr || nodes != nullptr) {
    return failed(graph == nullptr ? cudaErrorInvalidResourceHandle : cudaErrorNotSupported);
  }
  *count = graph->nodes.size();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  if (graph == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  *exec = new LevinEmulatedGraphExec{std::make_shared<std::vector<Work>>(graph->nodes)};
  return cudaSuccess;
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t) {
  return failed(exec == nullptr ? cudaErrorInvalidResourceHandle : cudaSuccess);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t handle) {
  if (exec == nullptr) {
    return failed(cudaErrorInvalidResourceHandle);
  }
  return with_stream(handle, [=](Streams& streams, LevinEmulatedStream& stream) {
    std::shared_ptr<std::vector<Work>> nodes = exec->nodes;
    return streams.submit(stream, {[nodes] {
                                     for (const Work& node : *nodes) {
                                       Failure failure = node.run();
                                       if (failure.code != cudaSuccess) {
                                         return failure;
                                       }
                                     }
                                     return Failure{};
                                   },
                                   false});
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return failed(graph == nullptr ? cudaErrorInvalidResourceHandle : cudaSuccess);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return failed(exec == nullptr ? cudaErrorInvalidResourceHandle : cudaSuccess);
}

}  // extern "C"
