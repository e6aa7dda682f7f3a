#include "core/operators/entry_operator.hpp"

#include <algorithm>
#include <numeric>

#include "core/operators/entry_shards.hpp"

namespace tightrope {

namespace {

constexpr Index block = Index{1} << 20U;  // measurements whose slopes are kept at a time

/// Such places in order row by row.
std::vector<Index> by_rows(const std::vector<Index>& places, Shape shape) {
  std::vector<Index> next(shape.rows + 1, 0), ordered(places.size());
  for (const Index place : places) ++next[place % shape.rows + 1];
  for (Index i = 0; i < shape.rows; ++i) next[i + 1] += next[i];
  for (const Index place : places) ordered[next[place % shape.rows]++] = place;
  return ordered;
}

EntryTiles tiles_of(const std::vector<Index>& places, Shape shape, const Team& team) {
  EntryTiles tiles(shape, places.size(), team.ranks());
  // Places increase: the column is told without dividing.
  const auto each = [&](const auto& work) {
    Index column = 0, begin = 0;
    for (const Index place : places) {
      while (place - begin >= shape.rows) {
        ++column;
        begin += shape.rows;
      }
      work(place - begin, column);
    }
  };
  each([&](Index row, Index column) { tiles.count(row, column); });
  tiles.allocate();
  each([&](Index row, Index column) { tiles.place(row, column); });
  tiles.sort(team, nullptr);
  return tiles;
}

}  // namespace

/// Some of an operator's measurements.
class EntryOperator::Part final : public EntryOperator {
 public:
  explicit Part(const EntryOperator& whole, EntryTiles tiles) : EntryOperator(whole, std::move(tiles)) {}
  explicit Part(const EntryOperator& whole, std::vector<Index> places) : EntryOperator(whole, std::move(places)) {}
};

EntryOperator::EntryOperator(const Context& context, std::vector<Index> places, Real factor)
    : MeasurementOperator(context.shape, places.size()), factor_(factor), team_(context.team) {
  if (places.size() > most_by_rows)
    tiles_ = tiles_of(places, context.shape, *team_);
  else
    places_ = by_rows(places, context.shape);
  share();
}

EntryOperator::EntryOperator(EntryTiles tiles, Real factor, std::shared_ptr<const Team> team)
    : MeasurementOperator(tiles.shape(), tiles.size()),
      tiles_(std::move(tiles)),
      factor_(factor),
      team_(std::move(team)) {
  share();
}

EntryOperator::EntryOperator(const EntryOperator& whole, EntryTiles tiles)
    : MeasurementOperator(tiles.shape(), tiles.size()),
      tiles_(std::move(tiles)),
      factor_(whole.factor_),
      team_(whole.team_) {}

EntryOperator::EntryOperator(const EntryOperator& whole, std::vector<Index> places_by_rows)
    : MeasurementOperator(whole.shape(), places_by_rows.size()),
      places_(std::move(places_by_rows)),
      factor_(whole.factor_),
      team_(whole.team_) {}

void EntryOperator::share() {
  Ranks* const ranks = team_->ranks();
  if (!ranks) return;
  if (!tiles_)
    throw Unsuitable("sees " + std::to_string(measurements()) + " entries, but several ranks share only more than " +
                     std::to_string(most_by_rows) + "; run it in one process, without --ranks");
  tiles_->keep_part_of(*ranks);
  shards_ = std::make_shared<EntryShards>(*tiles_, factor_, *team_);
}

template <class Work>
void EntryOperator::for_each(const Work& work) const {
  if (!shards_) return tiles_->for_each(work);
  std::vector<Index> all(measurements());
  std::iota(all.begin(), all.end(), Index{0});
  shards_->part(all).for_each(work);
}

template <class Block>
Real EntryOperator::run_tiles(const EntryTiles::Pass& pass, Rows wanted, const Block& block_done) const {
  return shards_ ? shards_->run(pass, wanted, block_done) : tiles_->run(*team_, pass, wanted, block_done);
}

std::uint64_t EntryOperator::bytes() const { return tiles_ ? tiles_->bytes() : places_.size() * sizeof(Index); }

std::vector<MatrixEntry> EntryOperator::entries() const {
  std::vector<MatrixEntry> all(measurements());
  if (tiles_) {
    for_each([&](Index i, Index a, Index b) { all[i] = {a, b}; });
  } else {
    for (Index i = 0; i < measurements(); ++i) all[i] = {row(i), column(i)};
  }
  return all;
}

std::shared_ptr<const MeasurementOperator> EntryOperator::do_restricted(const std::vector<Index>& indices) const {
  if (tiles_) return std::make_shared<Part>(*this, shards_ ? shards_->part(indices) : tiles_->part(indices));
  std::vector<Index> places;
  places.reserve(indices.size());
  for (const Index i : indices) places.push_back(places_[i]);
  return std::make_shared<Part>(*this, std::move(places));
}

void EntryOperator::do_forward(const Mat& X, Vec& z) const {
  if (tiles_) return for_each([&](Index i, Index a, Index b) { z[i] = factor_ * X(a, b); });
  for (Index i = 0; i < measurements(); ++i) z[i] = factor_ * X[places_[i]];
}

void EntryOperator::do_adjoint(const Vec& z, Mat& G) const {
  G.zeros();
  if (tiles_) return for_each([&](Index i, Index a, Index b) { G(a, b) += factor_ * z[i]; });
  for (Index i = 0; i < measurements(); ++i) G[places_[i]] = factor_ * z[i];
}

/// left, right: one column for each row of the factors, so that inner products are contiguous.
void EntryOperator::predict(const Mat& left, const Mat& right, Rows wanted, Real* z) const {
  for (Index i = wanted.first; i < wanted.end(); ++i)
    z[i - wanted.first] = factor_ * arma::dot(left.col(row(i)), right.col(column(i)));
}

/// to += the columns of A*(z) B, or of A*(z)ᵀ B, that measurements first, first + 1, … reach; all of them transposed.
void EntryOperator::scatter(const Vec& z, Index first, const Mat& from, bool transposed, Mat& to) const {
  for (Index i = first; i < first + z.n_elem; ++i)
    to.col(transposed ? column(i) : row(i)) += (factor_ * z[i - first]) * from.col(transposed ? row(i) : column(i));
}

void EntryOperator::do_forward(const LowRank& X, Vec& z) const { do_forward(X, Rows{0, measurements()}, z); }

void EntryOperator::do_forward(const LowRank& X, Rows wanted, Vec& z) const {
  if (!tiles_) return predict(X.left.t(), X.right.t(), wanted, z.memptr());
  EntryTiles::Pass pass;
  pass.at = &X;
  pass.factor = factor_;
  run_tiles(pass, wanted, [&](Index first, Index count, const Real* some, Real*) {
    std::copy_n(some, count, z.memptr() + (first - wanted.first));
    return 0.0;
  });
}

void EntryOperator::pull_back_tiles(const Vec& z, const LowRank& along, LowRank& gradient, Sides wanted) const {
  run_tiles({nullptr, &along, wanted, factor_, &gradient}, Rows{0, measurements()},
            [&](Index first, Index count, const Real*, Real* slopes) {
              std::copy_n(z.memptr() + first, count, slopes);
              return 0.0;
            });
}

void EntryOperator::do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const {
  if (tiles_) {
    LowRank gradient;
    gradient.left.set_size(rows(), B.n_cols);
    pull_back_tiles(z, {Mat(), B}, gradient, {true, false});
    C = std::move(gradient.left);
    return;
  }
  Mat to(B.n_cols, rows(), arma::fill::zeros);
  scatter(z, 0, B.t(), false, to);
  C = to.t();
}

void EntryOperator::do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const {
  if (tiles_) {
    LowRank gradient;
    gradient.right.set_size(cols(), B.n_cols);
    pull_back_tiles(z, {B, Mat()}, gradient, {false, true});
    C = std::move(gradient.right);
    return;
  }
  Mat to(B.n_cols, cols(), arma::fill::zeros);
  scatter(z, 0, B.t(), true, to);
  C = to.t();
}

void EntryOperator::do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const {
  if (tiles_) return pull_back_tiles(z, X, gradient, wanted);
  if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
  if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
}

/// Lanes one after another: what a pass waits for are their factors, which they do not share.
void EntryOperator::do_evaluate(std::span<Evaluation> lanes, Rows wanted) const {
  for (Evaluation& lane : lanes) tiles_ ? evaluate_tiles(lane, wanted) : evaluate_by_rows(lane, wanted);
}

void EntryOperator::evaluate_tiles(Evaluation& lane, Rows wanted) const {
  const bool with_gradient = lane.gradient && (lane.wanted.left || lane.wanted.right);
  const EntryTiles::Pass pass{lane.at, with_gradient ? &lane.sides() : nullptr, lane.wanted, factor_, lane.gradient};
  lane.value = run_tiles(pass, wanted, [&](Index first, Index count, const Real* z, Real* slopes) {
    const Index at = first - wanted.first;
    if (lane.prediction) std::copy_n(z, count, lane.prediction->memptr() + at);
    return lane.loss->evaluate(first, {z, count}, {lane.data->memptr() + at, count}, {slopes, count});
  });
}

void EntryOperator::evaluate_by_rows(Evaluation& lane, Rows wanted) const {
  Vec slope;
  const bool to_left = lane.gradient && lane.wanted.left, to_right = lane.gradient && lane.wanted.right;
  const Mat left = lane.at->left.t(), right = lane.at->right.t();
  const Mat along_left = to_right ? Mat(lane.sides().left.t()) : Mat(),
            along_right = to_left ? Mat(lane.sides().right.t()) : Mat();
  Mat of_left, of_right;
  if (to_left) of_left.zeros(along_right.n_rows, rows());
  if (to_right) of_right.zeros(along_left.n_rows, cols());
  lane.value = 0;
  for (Index done = 0; done < wanted.count; done += block) {
    const Rows some{wanted.first + done, std::min(block, wanted.count - done)};
    Real* const z = lane.prediction->memptr() + done;
    predict(left, right, some, z);
    slope.set_size(some.count);
    lane.value += lane.loss->evaluate(some.first, {z, some.count}, {lane.data->memptr() + done, some.count},
                                      {slope.memptr(), some.count});
    if (to_left) scatter(slope, some.first, along_right, false, of_left);
    if (to_right) scatter(slope, some.first, along_left, true, of_right);
  }
  if (to_left) lane.gradient->left = of_left.t();
  if (to_right) lane.gradient->right = of_right.t();
}

}  // namespace tightrope
