// Capture, replay and update of graphs.
#include "handles.h"

using levin::native::enter;
using levin::native::guarded;

namespace {

// A captured graph, until it has become an executable one.
class Captured {
 public:
  explicit Captured(levin_stream stream) { LEVIN_CUDA(cudaStreamEndCapture(enter(stream), &graph_)); }
  ~Captured() {
    if (graph_ != nullptr) {
      cudaGraphDestroy(graph_);
    }
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  cudaGraphExec_t instantiate() const {
    LEVIN_REQUIRE(graph_ != nullptr);
    cudaGraphExec_t exec = nullptr;
    LEVIN_CUDA(cudaGraphInstantiate(&exec, graph_, 0));
    return exec;
  }

  int64_t nodes() const {
    size_t count = 0;
    LEVIN_CUDA(cudaGraphGetNodes(graph_, nullptr, &count));
    return static_cast<int64_t>(count);
  }

  // Whether the executable graph could take over this one's work in place.
  bool update(cudaGraphExec_t exec) const {
#ifndef LEVIN_EMULATED
    cudaGraphExecUpdateResultInfo result{};
    if (cudaGraphExecUpdate(exec, graph_, &result) == cudaSuccess) {
      return true;
    }
    cudaGetLastError();
#else
    (void)exec;
#endif
    return false;
  }

 private:
  cudaGraph_t graph_ = nullptr;
};

}  // namespace

extern "C" {

levin_status levin_capture_begin(levin_stream stream) {
  return guarded(__func__, [&] {
    // Thread-local: what other threads do meanwhile, importing weights say, is no part of it and no error.
    LEVIN_CUDA(cudaStreamBeginCapture(enter(stream), cudaStreamCaptureModeThreadLocal));
  });
}

levin_status levin_capture_end(levin_stream stream, levin_graph* graph) {
  return guarded(__func__, [&] {
    const Captured captured(stream);
    LEVIN_REQUIRE(graph != nullptr);
    const int64_t nodes = captured.nodes();
    *graph = new levin_graph_t{stream->context, captured.instantiate(), nodes};
  });
}

levin_status levin_capture_update(levin_stream stream, levin_graph graph) {
  return guarded(__func__, [&] {
    const Captured captured(stream);
    LEVIN_REQUIRE(graph != nullptr);
    const int64_t nodes = captured.nodes();
    if (!captured.update(graph->exec)) {
      const cudaGraphExec_t replacement = captured.instantiate();
      cudaGraphExecDestroy(graph->exec);
      graph->exec = replacement;
    }
    graph->nodes = nodes;
  });
}

levin_status levin_graph_launch(levin_graph graph, levin_stream stream) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(graph != nullptr);
    LEVIN_CUDA(cudaGraphLaunch(graph->exec, enter(stream)));
  });
}

levin_status levin_graph_nodes(levin_graph graph, int64_t* nodes) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(graph != nullptr && nodes != nullptr);
    *nodes = graph->nodes;
  });
}

void levin_graph_destroy(levin_graph graph) {
  if (graph != nullptr) {
    guarded(__func__, [&] {
      enter(graph->context);
      LEVIN_CUDA(cudaGraphExecDestroy(graph->exec));
    });
    delete graph;
  }
}

}  // extern "C"
