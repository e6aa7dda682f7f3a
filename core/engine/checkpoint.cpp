#include "core/engine/checkpoint.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

#include "core/engine/lane.hpp"

namespace tightrope {

static_assert(std::endian::native == std::endian::little, "checkpoints hold little-endian numbers, as memory does");

namespace {

[[noreturn]] void damaged() {
  throw Error(Exit::integrity, "the stored state of a run is damaged: its parts do not add up");
}

// How the last row of a trace came about, so that a run that goes on can take it back.
constexpr std::uint64_t row_untouched = 0, row_appended = 1, row_replaced = 2;

}  // namespace

void Encoder::append(const void* data, std::size_t size) {
  if (size > 0) bytes_.append(static_cast<const char*>(data), size);
}
void Encoder::put(std::uint64_t value) { append(&value, sizeof value); }
void Encoder::put(Real value) { append(&value, sizeof value); }
void Encoder::put(std::string_view text) {
  put(std::uint64_t{text.size()});
  append(text.data(), text.size());
}
void Encoder::put(const Mat& values) {
  put(std::uint64_t{values.n_rows});
  put(std::uint64_t{values.n_cols});
  append(values.memptr(), values.n_elem * sizeof(Real));
}
void Encoder::put(const Factors& factors) {
  put(std::uint64_t{factors.size()});
  for (const Mat& block : factors.blocks) put(block);
}
void Encoder::put(const std::vector<Real>& values) {
  put(std::uint64_t{values.size()});
  append(values.data(), values.size() * sizeof(Real));
}
void Encoder::put(const Memory& memory) {
  put(std::uint64_t{memory.values().size()});
  for (const auto& [name, value] : memory.values()) {
    put(std::string_view(name));
    put(std::uint64_t{value.index()});
    std::visit([this](const auto& stored) { put(stored); }, value);
  }
}
/// What is not here is evaluated again.
void Encoder::put(const Iterate& at) {
  // Room at once for as many factors as follow, or the state would be copied as it grows.
  std::size_t numbers = 0;
  for (const Mat& block : at.point.blocks) numbers += 4 * block.n_elem;
  bytes_.reserve(bytes_.size() + numbers * sizeof(Real) + 4096);
  put(at.iteration);
  put(at.phase);
  put(at.time);
  put(at.step);
  put(at.rows.first);
  put(at.rows.count);
  put(at.known.bits());
  put(at.point);
}
void Encoder::put(const Counters& counters) {
  for (const std::uint64_t value :
       {std::uint64_t{counters.fused}, std::uint64_t{counters.forwards}, std::uint64_t{counters.adjoints},
        counters.rows, counters.bytes, std::uint64_t{counters.measurements}, std::uint64_t{counters.watched}})
    put(value);
}

std::string_view Decoder::take(std::size_t size) {
  if (size > rest_.size()) damaged();
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}
std::size_t Decoder::count(std::size_t bytes_each) {
  const std::uint64_t number = whole();
  if (number > rest_.size() / bytes_each) damaged();
  return number;
}
std::uint64_t Decoder::whole() {
  std::uint64_t value = 0;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}
Real Decoder::real() {
  Real value = 0;
  std::memcpy(&value, take(sizeof value).data(), sizeof value);
  return value;
}
std::string Decoder::text() { return std::string(take(count(1))); }
Mat Decoder::matrix() {
  const std::uint64_t rows = whole(), cols = whole();
  if (cols != 0 && rows > rest_.size() / sizeof(Real) / cols) damaged();
  Mat values(rows, cols);
  const std::string_view bytes = take(values.n_elem * sizeof(Real));
  if (!bytes.empty()) std::memcpy(values.memptr(), bytes.data(), bytes.size());
  return values;
}
Factors Decoder::factors() {
  Factors result;
  const std::size_t blocks = count(2 * sizeof(std::uint64_t));
  for (std::size_t b = 0; b < blocks; ++b) result.blocks.push_back(matrix());
  return result;
}
std::vector<Real> Decoder::reals() {
  std::vector<Real> values(count(sizeof(Real)));
  const std::string_view bytes = take(values.size() * sizeof(Real));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}
Memory Decoder::memory() {
  static_assert(std::is_same_v<Memory::Value, std::variant<Real, Index, Mat, Factors>>);
  Memory memory;
  const std::size_t entries = count(2 * sizeof(std::uint64_t));
  for (std::size_t i = 0; i < entries; ++i) {
    std::string name = text();
    switch (whole()) {
      case 0:
        memory.restore(std::move(name), real());
        break;
      case 1:
        memory.restore(std::move(name), Index{whole()});
        break;
      case 2:
        memory.restore(std::move(name), matrix());
        break;
      case 3:
        memory.restore(std::move(name), factors());
        break;
      default:
        damaged();
    }
  }
  return memory;
}
Vec Decoder::vector() {
  const Mat values = matrix();
  if (values.n_cols > 1) damaged();
  return arma::vectorise(values);
}
Iterate Decoder::iterate() {
  Iterate at;
  at.iteration = whole();
  at.phase = whole();
  at.time = real();
  at.step = real();
  at.rows.first = whole();
  at.rows.count = whole();
  at.known = Blocks::of(whole());
  at.point = factors();
  return at;
}
Counters Decoder::counters() {
  Counters counters;
  counters.fused = whole();
  counters.forwards = whole();
  counters.adjoints = whole();
  counters.rows = whole();
  counters.bytes = whole();
  counters.measurements = whole();
  counters.watched = whole();
  return counters;
}
void Decoder::finish() const {
  if (!rest_.empty()) damaged();
}

std::string Lane::state() const {
  Encoder out;
  out.put(at_);
  if (at_.phase > 0) out.put(complete_);
  out.put(reached_.passes);
  out.put(next_);
  out.put(move_.step);
  out.put(move_.completes_iteration);
  out.put(move_.wanted.bits());
  out.put(move_.columns);
  out.put(std::string_view(move_.mark));
  out.put(method_values_);
  out.put(Index{trace_.marks.size()});
  for (const TraceMark& mark : trace_.marks) {
    out.put(mark.iteration);
    out.put(std::string_view(mark.word));
  }
  out.put(estimate_.has_value());
  if (estimate_) {
    out.put(estimate_->left);
    out.put(estimate_->right);
    out.put(static_cast<const Mat&>(estimate_prediction_));
  }
  out.put(kept_.has_value());
  if (kept_) {
    out.put(kept_->point);
    out.put(kept_->row);
  }
  out.put(memory_);
  out.put(step_size_memory_);
  out.put(counters());
  out.put(started_);
  out.put(scale_);
  out.put(end_.has_value());
  if (end_) {
    out.put(std::uint64_t{static_cast<unsigned>(end_->end_class)});
    out.put(std::string_view(end_->reason));
    out.put(std::uint64_t{end_->iteration});
  }
  out.put(!end_ || !last_row_ ? row_untouched : last_row_->empty() ? row_appended : row_replaced);
  if (end_ && last_row_ && !last_row_->empty()) out.put(*last_row_);
  return out.take();
}

void Lane::restore(std::string_view state, std::vector<std::vector<Real>> rows, std::vector<Real> row_seconds,
                   Cost cost) {
  Decoder in(state);
  at_ = in.iterate();
  if (at_.phase > 0) complete_ = in.iterate();
  reached_ = {in.real(), cost.seconds};
  next_ = in.iterate();
  move_ = Move{};
  move_.step = in.real();
  move_.completes_iteration = in.truth();
  move_.wanted = Blocks::of(in.whole());
  move_.columns = in.reals();
  move_.mark = in.text();
  method_values_ = in.reals();
  trace_.marks.clear();
  for (Index marks = in.whole(); marks > 0; --marks) {
    const Index iteration = in.whole();
    trace_.marks.push_back({iteration, in.text()});
  }
  estimate_.reset();
  if (in.truth()) {
    Mat left = in.matrix();
    estimate_ = LowRank{std::move(left), in.matrix()};
    estimate_prediction_ = in.vector();
  }
  kept_.reset();
  if (in.truth()) {
    Factors point = in.factors();
    kept_ = Kept{std::move(point), in.reals()};
  }
  memory_ = in.memory();
  step_size_memory_ = in.memory();
  const Counters counted = in.counters();
  started_ = in.truth();
  scale_ = in.real();
  end_.reset();
  if (in.truth()) {
    end_.emplace();
    const std::uint64_t end_class = in.whole();
    if (end_class > static_cast<unsigned>(EndClass::failed)) damaged();
    end_->end_class = static_cast<EndClass>(end_class);
    end_->reason = in.text();
    end_->iteration = in.whole();
  }
  const std::uint64_t last_row = in.whole();
  if (last_row > row_replaced) damaged();
  last_row_.reset();
  if (last_row == row_appended) last_row_.emplace();
  if (last_row == row_replaced) last_row_ = in.reals();
  in.finish();
  for (const std::vector<Real>& row : rows)
    if (row.size() != trace_.columns.size()) damaged();
  if (row_seconds.size() != rows.size() || (last_row_ && rows.empty())) damaged();
  trace_.rows = std::move(rows);
  trace_.seconds = std::move(row_seconds);
  cost_ = std::move(cost);
  cost_.observing.resize(setup_.watches.size());
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
