#include "handles.h"

using levin::native::enter;
using levin::native::guarded;

extern "C" {

levin_status levin_stream_create(levin_context context, levin_stream* stream) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(stream != nullptr);
    enter(context);
    cudaStream_t created = nullptr;
    // The legacy stream, which other libraries may use, must not wait for ours nor ours for it.
    LEVIN_CUDA(cudaStreamCreateWithFlags(&created, cudaStreamNonBlocking));
    *stream = new levin_stream_t{context, created};
  });
}

void levin_stream_destroy(levin_stream stream) {
  if (stream != nullptr) {
    guarded(__func__, [&] { LEVIN_CUDA(cudaStreamDestroy(enter(stream))); });
    delete stream;
  }
}

levin_status levin_stream_synchronize(levin_stream stream) {
  return guarded(__func__, [&] { LEVIN_CUDA(cudaStreamSynchronize(enter(stream))); });
}

levin_status levin_stream_wait_event(levin_stream stream, levin_event event) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(event != nullptr);
    LEVIN_CUDA(cudaStreamWaitEvent(enter(stream), event->event, 0));
  });
}

}  // extern "C"
