// Matrix completion: A(X)_i = X_{a_i b_i}/√p for a set of m different entries, drawn uniformly, p = m/(n1 n2). Costs
// O(m k) per map on X = L Rᵀ; no n1 × n2 matrix is ever formed. (Candès & Recht, Found. Comput. Math. 9, 2009.)
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

struct Options {
  std::optional<Real> fraction;
  std::optional<Index> count;
  void declare(Parameters& p) {
    p.add("fraction", fraction, above_at_most(0, 1), "share p of the entries that is seen").example("0.4");
    p.add("count", count, at_least(1), "number m of entries that are seen; give this or the fraction");
  }
  Index measurements(Shape shape) const {
    if (fraction.has_value() == count.has_value()) throw Unsuitable("needs either 'fraction' or 'count', and not both");
    const Real share = fraction.value_or(0) * static_cast<Real>(shape.entries());
    const Index m = count ? *count : std::max<Index>(1, static_cast<Index>(std::min(std::round(share), 0x1p63)));
    if (m > shape.entries())
      throw Unsuitable("is to see " + std::to_string(m) + " entries, but the matrix has " +
                       std::to_string(shape.entries()));
    return m;
  }
};

constexpr Index block = Index{1} << 20U;  // measurements whose predictions and slopes are kept at a time

class EntrySampling final : public MeasurementOperator {
 public:
  using Options = ::Options;
  EntrySampling(const Options& options, const Context& context)
      : MeasurementOperator(context.shape, options.measurements(context.shape)),
        entries_(by_rows(context.stream.sample(shape().entries(), measurements()), shape())),
        factor_(std::sqrt(static_cast<Real>(shape().entries()) / static_cast<Real>(measurements()))) {}
  std::uint64_t bytes() const override { return entries_.size() * sizeof(Index); }
  std::vector<MatrixEntry> entries() const override {
    std::vector<MatrixEntry> all(measurements());
    for (Index i = 0; i < measurements(); ++i) all[i] = {row(i), column(i)};
    return all;
  }

 private:
  void do_forward(const Mat& X, Vec& z) const override {
    for (Index i = 0; i < measurements(); ++i) z[i] = factor_ * X[entries_[i]];
  }
  void do_adjoint(const Vec& z, Mat& G) const override {
    G.zeros();
    for (Index i = 0; i < measurements(); ++i) G[entries_[i]] = factor_ * z[i];
  }
  void do_forward(const LowRank& X, Vec& z) const override {
    const Mat left = X.left.t(), right = X.right.t();  // one column per row of X: contiguous inner products
    for (Index i = 0; i < measurements(); ++i) z[i] = measured(left, right, i);
  }
  void do_forward(const LowRank& X, Rows wanted, Vec& z) const override {
    const Mat left = X.left.t(), right = X.right.t();
    for (Index i = 0; i < wanted.count; ++i) z[i] = measured(left, right, wanted.first + i);
  }
  /// Prediction, slope and gradient of one block of entries after the other, so that the entries are read once.
  void do_evaluate(std::span<Evaluation> lanes, Rows wanted) const override {
    Vec slope;
    for (Evaluation& lane : lanes) {
      const Mat left = lane.at->left.t(), right = lane.at->right.t();
      const Mat along_left = lane.sides().left.t(), along_right = lane.sides().right.t();
      Mat to_left(along_right.n_rows, rows(), arma::fill::zeros), to_right(along_left.n_rows, cols(), arma::fill::zeros);
      lane.value = 0;
      for (Index done = 0; done < wanted.count; done += block) {
        const Index first = wanted.first + done, count = std::min(block, wanted.count - done);
        Real* const z = lane.prediction->memptr() + done;
        for (Index i = 0; i < count; ++i) z[i] = measured(left, right, first + i);
        slope.set_size(count);
        lane.value += lane.loss->evaluate(first, {z, count}, {lane.data->memptr() + done, count},
                                          {slope.memptr(), count});
        if (lane.gradient && lane.wanted.left) scatter(slope, first, along_right, false, to_left);
        if (lane.gradient && lane.wanted.right) scatter(slope, first, along_left, true, to_right);
      }
      if (lane.gradient && lane.wanted.left) lane.gradient->left = to_left.t();
      if (lane.gradient && lane.wanted.right) lane.gradient->right = to_right.t();
    }
  }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override {
    Mat to(B.n_cols, rows(), arma::fill::zeros);
    scatter(z, 0, B.t(), false, to);
    C = to.t();
  }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    Mat to(B.n_cols, cols(), arma::fill::zeros);
    scatter(z, 0, B.t(), true, to);
    C = to.t();
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
    if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
  }
  Real measured(const Mat& left, const Mat& right, Index i) const {
    return factor_ * arma::dot(left.col(row(i)), right.col(column(i)));
  }
  /// to += the columns of A*(z) B, or of A*(z)ᵀ B, that measurements first, first + 1, … reach; all of them transposed.
  void scatter(const Vec& z, Index first, const Mat& from, bool transposed, Mat& to) const {
    for (Index i = first; i < first + z.n_elem; ++i)
      to.col(transposed ? column(i) : row(i)) += (factor_ * z[i - first]) * from.col(transposed ? row(i) : column(i));
  }
  /// From order column by column to order row by row.
  static std::vector<Index> by_rows(const std::vector<Index>& entries, Shape shape) {
    std::vector<Index> next(shape.rows + 1, 0), ordered(entries.size());
    for (const Index entry : entries) ++next[entry % shape.rows + 1];
    for (Index i = 0; i < shape.rows; ++i) next[i + 1] += next[i];
    for (const Index entry : entries) ordered[next[entry % shape.rows]++] = entry;
    return ordered;
  }
  Index row(Index i) const { return entries_[i] % rows(); }
  Index column(Index i) const { return entries_[i] / rows(); }

  std::vector<Index> entries_;  // i + j·n1 for the entry (i, j), in order row by row
  Real factor_;
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, EntrySampling, "entry_sampling", "some entries, row by row (matrix completion)")
