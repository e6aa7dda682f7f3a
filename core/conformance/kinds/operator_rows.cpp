// Operators: value, prediction and gradient from one pass, over all measurements and over some.
#include <algorithm>
#include <future>
#include <numeric>

#include "core/conformance/trial.hpp"

namespace tightrope::conformance {

namespace {

/// What unwanted sides of a gradient hold before the pass, and must hold after it.
const Mat untouched(1, 1, arma::fill::value(7));

struct Result {
  Real value = 0;
  Vec prediction;
  LowRank gradient{untouched, untouched};
  Index reads = 0;
  bool operator==(const Result& other) const {
    return value == other.value && parts::same_bits(prediction, other.prediction) &&
           parts::same_bits(gradient.left, other.gradient.left) &&
           parts::same_bits(gradient.right, other.gradient.right);
  }
};

/// Seven lanes of different ranks, losses and wishes.
class Lanes {
 public:
  static constexpr int count = 7;
  explicit Lanes(const MeasurementOperator& op) : data_(random_vector(9, op.measurements())) {
    for (std::uint64_t i = 0; i < count; ++i) {
      points_.push_back(random_pair(i, op.shape(), 1 + i % 4));
      along_.push_back(random_pair(50 + i, op.shape(), i == 3 ? 4 : 3));
    }
  }
  const LowRank& point(int lane) const { return points_[static_cast<std::size_t>(lane)]; }
  const LowRank* along(int lane) const {
    return lane == 3 || lane == 5 ? &along_[static_cast<std::size_t>(lane)] : nullptr;
  }
  const LowRank& sides(int lane) const { return along(lane) ? *along(lane) : point(lane); }
  static Sides wanted(int lane) { return {lane % 3 != 1, lane % 3 != 2}; }
  static bool has_gradient(int lane) { return lane != 6; }
  const Loss& loss(int lane) const {
    const std::vector<const Loss*> losses = {&square_, &cubic_, &weighted_, &cubic_, &whole_, &weighted_, &square_};
    return *losses[static_cast<std::size_t>(lane)];
  }
  Vec data(Rows rows) const { return rows.count == 0 ? Vec() : Vec(data_.subvec(rows.first, rows.end() - 1)); }

  std::vector<Result> evaluate(const MeasurementOperator& op, const std::vector<int>& lanes, Rows wanted_rows) const {
    const Rows rows = wanted_rows.within(op.measurements());
    const Vec own_data = data(rows);
    std::vector<Result> results(lanes.size());
    std::vector<Evaluation> evaluations;
    for (std::size_t i = 0; i < lanes.size(); ++i)
      evaluations.push_back({&point(lanes[i]), &own_data, &loss(lanes[i]), wanted(lanes[i]), 0, &results[i].prediction,
                             has_gradient(lanes[i]) ? &results[i].gradient : nullptr, along(lanes[i])});
    op.evaluate(evaluations, rows);
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      results[i].value = evaluations[i].value;
      results[i].reads = evaluations[i].reads;
    }
    return results;
  }

 private:
  parts::HalfSquare square_{true}, whole_{false};
  parts::Cubic cubic_;
  parts::Weighted weighted_;
  Vec data_;
  std::vector<LowRank> points_, along_;
};

std::vector<int> all_lanes() {
  std::vector<int> lanes(Lanes::count);
  std::iota(lanes.begin(), lanes.end(), 0);
  return lanes;
}

/// Against the maps that define it.
void check_result(const MeasurementOperator& op, const Lanes& lanes, int lane, Rows rows, const Result& found,
                  Report& report) {
  const std::string where = rows.count == op.measurements()
                                ? std::string("lane " + std::to_string(lane))
                                : fmt::format("lane {}, measurements {} to {}", lane, rows.first, rows.end());
  Vec all;
  op.forward(lanes.point(lane), all);
  const Vec z = rows.count == 0 ? Vec() : Vec(all.subvec(rows.first, rows.end() - 1)), data = lanes.data(rows);
  report.expect(agree(found.prediction, z, 1e-12, frobenius_norm(all)), "{}: the prediction is not A(X)", where);
  Vec slope(rows.count);
  const Real value = lanes.loss(lane).evaluate(rows.first, {z.memptr(), rows.count}, {data.memptr(), rows.count},
                                               {slope.memptr(), rows.count});
  report.expect(std::abs(found.value - value) <= 1e-11 * (1 + std::abs(value)),
                "{}: the value is {:g} instead of {:g}, which the loss says of the prediction", where, found.value,
                value);
  const bool reads_twice = Lanes::has_gradient(lane) && !lanes.loss(lane).separable();
  report.expect(found.reads == (reads_twice ? 2 : 1) || (Lanes::has_gradient(lane) && found.reads == 2),
                "{}: it says that it has read the rows {} times", where, found.reads);
  if (!Lanes::has_gradient(lane)) return;
  Vec spread(op.measurements(), arma::fill::zeros);
  if (rows.count > 0) spread.subvec(rows.first, rows.end() - 1) = slope;
  Mat G;
  op.adjoint(spread, G);
  const LowRank& sides = lanes.sides(lane);
  const Sides wanted = Lanes::wanted(lane);
  const Mat left = wanted.left ? Mat(G * sides.right) : untouched;
  const Mat right = wanted.right ? Mat(G.t() * sides.left) : untouched;
  const char* const what = lanes.along(lane) ? " along other factors than those of X" : "";
  const Real size = frobenius_norm(G) * (frobenius_norm(sides.left) + frobenius_norm(sides.right)) + 1e-300;
  const auto say = [&](const char* side, bool is_wanted) {
    return is_wanted
               ? fmt::format("{}: the {} side of the gradient{} is not that of the slope", where, side, what)
               : fmt::format("{}: the {} side of the gradient is touched, although it is not wanted", where, side);
  };
  report.expect(agree(found.gradient.left, left, 1e-11, size), "{}", say("left", wanted.left));
  report.expect(agree(found.gradient.right, right, 1e-11, size), "{}", say("right", wanted.right));
}

/// Neither batch nor threads show in a single bit.
void check_bits(const Subject& subject, Rows rows, Report& report) {
  const auto first = made<MeasurementOperator>(subject);
  const Lanes lanes(*first.plugin);
  const std::vector<Result> together = lanes.evaluate(*first.plugin, all_lanes(), rows);
  report.expect(lanes.evaluate(*first.plugin, all_lanes(), rows) == together,
                "the same pass twice gives other bits: it is not deterministic");
  for (const unsigned threads : {1U, 2U, 4U}) {
    const auto other = made<MeasurementOperator>(subject, threads);
    for (int time = 0; time < 5; ++time)  // whoever adds up in the order of threads does not do so each time
      report.expect(lanes.evaluate(*other.plugin, all_lanes(), rows) == together,
                    "with {} threads it gets other bits than with 1: it is not deterministic", threads);
    for (const auto& batch : {std::vector<int>{0}, {1}, {2}, {3}, {4}, {5}, {6}, {2, 5, 6}, all_lanes()}) {
      const std::vector<Result> results = lanes.evaluate(*other.plugin, batch, rows);
      for (std::size_t i = 0; i < batch.size(); ++i)
        report.expect(results[i] == together[static_cast<std::size_t>(batch[i])],
                      "lane {} gets other bits in a batch of {} with {} threads than in one of {} with 1 thread",
                      batch[i], batch.size(), threads, Lanes::count);
    }
  }
  std::vector<std::future<std::vector<Result>>> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.push_back(std::async(std::launch::async, [&] {
      std::vector<Result> results = lanes.evaluate(*first.plugin, all_lanes(), rows);
      for (int time = 0; time < 20 && results == together; ++time)
        results = lanes.evaluate(*first.plugin, all_lanes(), rows);
      return results;
    }));
  for (auto& caller : callers)
    report.expect(caller.get() == together,
                  "four callers at once get other bits than one: "
                  "they share something (a static variable or a member)");
}

void check_fused(const Subject& subject, Report& report) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  const Lanes lanes(*op);
  const Rows all = Rows::all().within(op->measurements());
  const std::vector<Result> together = lanes.evaluate(*op, all_lanes(), all);
  for (const int lane : all_lanes())
    check_result(*op, lanes, lane, all, together[static_cast<std::size_t>(lane)], report);
}

void check_all_bits(const Subject& subject, Report& report) {
  check_bits(subject, Rows{0, made<MeasurementOperator>(subject).plugin->measurements()}, report);
}

void check_allocations(const Subject& subject, Report& report) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  const LowRank X = random_pair(1, op->shape(), 3);
  const Vec data = random_vector(2, op->measurements());
  const parts::HalfSquare loss;
  Vec prediction;
  LowRank gradient;
  std::vector<Evaluation> lanes = {{&X, &data, &loss, {true, true}, 0, &prediction, &gradient}};
  check_allocations_of(report, "evaluate", Allocating::is_remarked, [&, &of = *op] { of.evaluate(lanes); });
}

void check_rows(const Subject& subject, Report& report) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  const Lanes lanes(*op);
  const Index m = op->measurements();
  // Aligned to nothing, and one of the parts empty.
  std::vector<Index> cuts = {0, 1, m / 7, m / 3, m / 3, std::min(m, m / 2 + 1), std::max<Index>(m, 3) - 3, m};
  std::sort(cuts.begin(), cuts.end());
  const std::vector<Result> whole = lanes.evaluate(*op, all_lanes(), Rows::all());
  std::vector<Result> sums(Lanes::count);
  for (Result& sum : sums) sum.gradient = {};
  for (std::size_t part = 0; part + 1 < cuts.size(); ++part) {
    const Rows rows{cuts[part], cuts[part + 1] - cuts[part]};
    const std::vector<Result> results = lanes.evaluate(*op, all_lanes(), rows);
    for (const int lane : all_lanes()) {
      const Result& result = results[static_cast<std::size_t>(lane)];
      const Result& expected = whole[static_cast<std::size_t>(lane)];
      Result& sum = sums[static_cast<std::size_t>(lane)];
      check_result(*op, lanes, lane, rows, result, report);
      Vec z, all;
      op->forward(lanes.point(lane), rows, z);
      op->forward(lanes.point(lane), all);
      const auto is_part_of = [&](const Vec& some, const Vec& of) {
        return some.n_elem == rows.count && std::equal(some.begin(), some.end(), of.begin() + rows.first);
      };
      report.expect(is_part_of(z, all),
                    "lane {}: A(X) of measurements {} to {} alone is not the same as among all measurements", lane,
                    rows.first, rows.end());
      report.expect(is_part_of(result.prediction, expected.prediction),
                    "lane {}: a pass over measurements {} to {} predicts other numbers than one over all", lane,
                    rows.first, rows.end());
      sum.value += result.value;
      const auto add = [](Mat& to, const Mat& more) { to = to.is_empty() ? more : Mat(to + more); };
      if (Lanes::has_gradient(lane) && Lanes::wanted(lane).left) add(sum.gradient.left, result.gradient.left);
      if (Lanes::has_gradient(lane) && Lanes::wanted(lane).right) add(sum.gradient.right, result.gradient.right);
    }
  }
  for (const int lane : all_lanes()) {
    const Result &sum = sums[static_cast<std::size_t>(lane)], &expected = whole[static_cast<std::size_t>(lane)];
    report.expect(std::abs(sum.value - expected.value) <= 1e-12 * std::abs(expected.value),
                  "lane {}: the values of parts add up to {:g} instead of {:g}", lane, sum.value, expected.value);
    if (!Lanes::has_gradient(lane)) continue;
    report.expect((!Lanes::wanted(lane).left || agree(sum.gradient.left, expected.gradient.left)) &&
                      (!Lanes::wanted(lane).right || agree(sum.gradient.right, expected.gradient.right)),
                  "lane {}: the gradients of parts do not add up to that of the whole", lane);
  }
  check_bits(subject, Rows{m / 5, m / 2 + 1}, report);
}

}  // namespace

Checks row_checks() {
  return {{"fused = separate", check_fused, true},
          {"batch = solo, 1 to 4 threads, the same bits", check_all_bits},
          {"consecutive rows add up to the whole", check_rows},
          {"allocations at work", check_allocations}};
}

}  // namespace tightrope::conformance
