#include "../arguments.h"
#include "levin/kernels/moe.h"

using namespace levin::native;

levin_status levin_route_experts(levin_stream stream, const levin_route_experts_args* args) {
  return run_op(__func__, stream, args, [](const levin_route_experts_args& a, cudaStream_t on) {
    check_f32("logits", a.logits, {kAny, kAny});
    const int64_t tokens = a.logits.shape[0];
    const int64_t experts = a.logits.shape[1];
    check_optional_f32("selection_bias", a.selection_bias, {experts});
    check_i32("ids", a.ids, {tokens, kAny});
    const int64_t chosen = a.ids.shape[1];
    check_f32("weights", a.weights, {tokens, chosen});
    check_that(a.groups >= 1 && experts % a.groups == 0 && a.top_groups >= 1 && a.top_groups <= a.groups,
               "groups must divide the experts, and top_groups be some of them");
    check_that(chosen >= 1 && chosen <= experts / a.groups * a.top_groups, "more experts are chosen than compete");
    check_that(a.scoring >= LEVIN_SCORING_SOFTMAX && a.scoring <= LEVIN_SCORING_SIGMOID, "unknown scoring");
    levin::RouteExpertsParams p{};
    p.logits = matrix<const float>(a.logits);
    p.bias = data_of<const float>(a.selection_bias);
    p.ids = matrix<int32_t>(a.ids);
    p.weights = matrix<float>(a.weights);
    p.tokens = tokens;
    p.experts = experts;
    p.chosen = chosen;
    p.groups = a.groups;
    p.top_groups = a.top_groups;
    p.scoring = static_cast<levin::Scoring>(a.scoring);
    p.normalise = a.normalise != 0;
    p.scale = a.scale;
    return levin::route_experts(p, on);
  });
}
