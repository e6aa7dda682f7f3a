// What of a run is stored while it is unfinished.
#include "core/engine/encoding.hpp"
#include "core/engine/lane.hpp"

namespace tightrope {

void stored_parts(auto& archive, Either<TraceMark> auto& mark) { archive(mark.iteration, mark.word); }
void stored_parts(auto& archive, Either<Kept> auto& kept) { archive(kept.point, kept.row); }

/// All that changes, but for trace and clock; `last_row` is the one that the end replaced.
template <class Archive, class SomeLane, class Counted, class LastRow>
void Lane::transfer(Archive& archive, SomeLane& lane, Counted& counted, LastRow& last_row) {
  archive(lane.at_);
  if (lane.at_.phase > 0) archive(lane.complete_);
  archive(lane.reached_.passes, lane.next_);
  archive(lane.move_.step, lane.move_.completes_iteration, lane.move_.wanted, lane.move_.columns, lane.move_.mark);
  archive(lane.method_values_, lane.trace_.marks, lane.estimate_);
  if (lane.estimate_) archive(lane.late_prediction_);
  archive(lane.kept_, lane.memory_, lane.step_size_memory_, counted);
  archive(lane.started_, lane.scale_, lane.end_, last_row);
}

std::string Lane::state() const {
  Encoder out;
  const auto last_row = end_ ? last_row_ : std::nullopt;
  transfer(out, *this, counters(), last_row);
  return out.take();
}

void Lane::restore(std::string_view state, std::vector<std::vector<Real>> rows, std::vector<Real> row_seconds,
                   Cost cost) {
  Decoder in(state);
  Counters counted;
  move_ = Move{};
  transfer(in, *this, counted, last_row_);
  in.finish();
  for (const std::vector<Real>& row : rows)
    if (row.size() != trace_.columns.size()) throw_damaged_state();
  if (row_seconds.size() != rows.size() || (last_row_ && rows.empty())) throw_damaged_state();
  trace_.rows = std::move(rows);
  trace_.seconds = std::move(row_seconds);
  cost_ = std::move(cost);
  cost_.observing.resize(setup_.watches.size());
  reached_.seconds = cost_.seconds;
  for (CachedValues& seen : seen_) seen.current = false;
  evaluate_again(at_);
  if (at_.phase > 0) evaluate_again(complete_);
  setup_.objective->restore(counted);
  if (end_ && end_->end_class == EndClass::limit) resume_past_limit();
}

/// The state has the point alone: value, gradient and predictions are what they were, to the last bit.
void Lane::evaluate_again(Iterate& at) {
  if (!at.point.blocks.empty()) setup_.objective->evaluate(at, at.known);
}

/// Undoes what only the end of the run added, and asks the stop rules again.
void Lane::resume_past_limit() {
  if (last_row_ && last_row_->empty()) {
    trace_.rows.pop_back();
    trace_.seconds.pop_back();
  } else if (last_row_) {
    trace_.rows.back() = std::move(*last_row_);
  }
  last_row_.reset();
  end_ = rule_met();
  if (!end_) step();
  if (end_) record(true);
}

}  // namespace tightrope
