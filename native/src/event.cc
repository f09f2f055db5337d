#include "handles.h"

using levin::native::enter;
using levin::native::guarded;

extern "C" {

levin_status levin_event_create(levin_context context, int32_t timing, levin_event* event) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(event != nullptr);
    enter(context);
    cudaEvent_t created = nullptr;
    LEVIN_CUDA(cudaEventCreateWithFlags(&created, timing != 0 ? cudaEventDefault : cudaEventDisableTiming));
    *event = new levin_event_t{context, created, timing != 0, false};
  });
}

void levin_event_destroy(levin_event event) {
  if (event != nullptr) {
    guarded(__func__, [&] {
      enter(event->context);
      LEVIN_CUDA(cudaEventDestroy(event->event));
    });
    delete event;
  }
}

levin_status levin_event_record(levin_event event, levin_stream stream) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(event != nullptr);
    LEVIN_CUDA(cudaEventRecord(event->event, enter(stream)));
    event->recorded = true;
  });
}

levin_status levin_event_synchronize(levin_event event) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(event != nullptr);
    enter(event->context);
    if (event->recorded) {
      LEVIN_CUDA(cudaEventSynchronize(event->event));
    }
  });
}

levin_status levin_event_elapsed(levin_event start, levin_event end, float* millis) {
  return guarded(__func__, [&] {
    LEVIN_REQUIRE(start != nullptr && end != nullptr && millis != nullptr);
    LEVIN_REQUIRE(start->timing && end->timing);
    LEVIN_REQUIRE(start->recorded && end->recorded);
    enter(start->context);
    LEVIN_CUDA(cudaEventElapsedTime(millis, start->event, end->event));
  });
}

}  // extern "C"
