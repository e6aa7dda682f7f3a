// A(X) = vec(P X Q), column by column: a matrix between two others, P: p × n1 and Q: n2 × q, which are diagonal or
// Gaussian. The least-squares problem min ½‖P X Q − Y‖_F² is, for one, that of a linear attention layer on a population
// of regression tasks (Zhang, Frei & Bartlett, JMLR 25(49), 2024): P = (ΓΛ)^{1/2}, Q = Λ^{1/2}, Y = Γ^{-1/2}Λ. Gaussian
// entries have the variance 1/p or 1/q, so that E‖P X Q‖² = ‖X‖_F². Products with thin matrices alone: p·q numbers are
// the largest that is ever formed.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

/// P, or Qᵀ: a matrix of as many columns as the side of X that it is multiplied with.
class Side {
 public:
  Side(const std::vector<Real>& diagonal, Index rows, Index columns, const Stream& stream, const char* name) {
    if (!diagonal.empty() && rows > 0)
      throw Unsuitable(std::string("needs either the diagonal '") + name + "' or a number of rows for it, not both");
    if (!diagonal.empty() && diagonal.size() != columns)
      throw Unsuitable(std::string("needs ") + std::to_string(columns) + " numbers on the diagonal '" + name +
                       "', but has " + std::to_string(diagonal.size()));
    diagonal_ = Vec(diagonal);
    if (diagonal.empty() && rows > 0) matrix_ = stream.normal_matrix(rows, columns) / std::sqrt(Real(rows));
    if (diagonal.empty() && rows == 0) diagonal_ = Vec(columns, arma::fill::ones);
  }
  Index rows() const { return matrix_.is_empty() ? diagonal_.n_elem : matrix_.n_rows; }
  Index numbers() const { return matrix_.n_elem + diagonal_.n_elem; }
  Mat times(const Mat& B) const { return matrix_.is_empty() ? Mat(B.each_col() % diagonal_) : Mat(matrix_ * B); }
  Mat transposed_times(const Mat& B) const {
    return matrix_.is_empty() ? Mat(B.each_col() % diagonal_) : Mat(matrix_.t() * B);
  }

 private:
  Vec diagonal_;
  Mat matrix_;
};

struct TwoSidedOptions {
  std::vector<Real> left, right;
  Index left_rows = 0, right_columns = 0;
  void declare(Parameters& p) {
    p.add("left", left, any(), "diagonal of P");
    p.add("right", right, any(), "diagonal of Q");
    p.add("left_rows", left_rows, at_least(0), "p, of a Gaussian P; 0 without 'left': P is the identity");
    p.add("right_columns", right_columns, at_least(0), "q, of a Gaussian Q; 0 without 'right': Q is the identity");
  }
};

class TwoSided final : public MeasurementOperator {
 public:
  using Options = TwoSidedOptions;
  TwoSided(const Options& options, const Context& context)
      : TwoSided(Side(options.left, options.left_rows, context.shape.rows, context.stream.child("left"), "left"),
                 Side(options.right, options.right_columns, context.shape.cols, context.stream.child("right"), "right"),
                 context.shape) {}
  std::uint64_t bytes() const override { return sizeof(Real) * (P_.numbers() + Q_.numbers()); }

 private:
  TwoSided(Side P, Side Q, Shape shape)
      : MeasurementOperator(shape, P.rows() * Q.rows()), P_(std::move(P)), Q_(std::move(Q)) {}

  Mat as_matrix(Vec& z) const { return {z.memptr(), P_.rows(), Q_.rows(), false, true}; }
  const Mat as_matrix(const Vec& z) const { return {const_cast<Real*>(z.memptr()), P_.rows(), Q_.rows(), false, true}; }

  void do_forward(const Mat& X, Vec& z) const override { as_matrix(z) = Q_.times(P_.times(X).t()).t(); }
  void do_adjoint(const Vec& z, Mat& G) const override {
    G = Q_.transposed_times(P_.transposed_times(as_matrix(z)).t()).t();
  }
  void do_forward(const LowRank& X, Vec& z) const override { as_matrix(z) = P_.times(X.left) * Q_.times(X.right).t(); }
  void do_adjoint_times(const Vec& z, const Mat& B, Mat& C) const override {
    C = P_.transposed_times(as_matrix(z) * Q_.times(B));
  }
  void do_adjoint_transposed_times(const Vec& z, const Mat& B, Mat& C) const override {
    C = Q_.transposed_times(as_matrix(z).t() * P_.times(B));
  }
  void do_pull_back(const Vec& z, const LowRank& X, LowRank& gradient, Sides wanted) const override {
    if (wanted.left) do_adjoint_times(z, X.right, gradient.left);
    if (wanted.right) do_adjoint_transposed_times(z, X.left, gradient.right);
  }

  Side P_, Q_;  // Q_ is Qᵀ
};

}  // namespace

TIGHTROPE_PLUGIN(MeasurementOperator, TwoSided, "two_sided", "the matrix between two others, diagonal or Gaussian",
                 "zhang2024attention")
