// Operators: one linear map in all its forms.
#include "core/conformance/trial.hpp"
#include "core/conformance/walled.hpp"

namespace tightrope::conformance {

namespace {

/// The matrix G with ⟨A(X), z⟩ = ⟨X, G⟩, entry by entry from A.
Mat adjoint_by_definition(const MeasurementOperator& op, const Vec& z) {
  Mat G(op.rows(), op.cols()), X(op.rows(), op.cols(), arma::fill::zeros);
  Vec of_entry;
  for (Index i = 0; i < X.n_elem; ++i) {
    X[i] = 1;
    op.forward(X, of_entry);
    X[i] = 0;
    G[i] = arma::dot(of_entry, z);
  }
  return G;
}

void check_adjoint(const MeasurementOperator& op, Report& report) {
  for (std::uint64_t draw = 0; draw < 20; ++draw) {
    const Mat X = random_pair(draw, op.shape(), 2).dense();
    const Vec z = random_vector(draw, op.measurements());
    Vec AX(op.measurements(), arma::fill::value(7));  // outputs hold anything
    Mat G(op.rows(), op.cols(), arma::fill::value(7));
    op.forward(X, AX);
    op.adjoint(z, G);
    report.require(AX.is_finite(), "A(X) is not finite");
    const Real one = arma::dot(AX, z), other = arma::dot(X, G), size = frobenius_norm(AX) * frobenius_norm(z),
               error = std::abs(one - other) / (size > 0 ? size : 1);
    report.measure("relative error of ⟨A(X), z⟩ = ⟨X, A*(z)⟩", error, "at most 1e-12");
    if (error <= 1e-12) continue;
    const std::string how = difference(G, adjoint_by_definition(op, z), 1e-9);
    report.expect(false, "the adjoint is none: ⟨A(X), z⟩ is {:g}, but ⟨X, A*(z)⟩ is {:g}{}", one, other,
                  how.empty() ? "; A* fits the A of single entries, so that A is not linear" : ": A*(z) " + how);
    return;
  }
}

void check_adjoints(const Subject& subject, Report& report) {
  check_adjoint(*made<MeasurementOperator>(subject).plugin, report);
}

void check_linearity(const Subject& subject, Report& report) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  const auto linear = [&, &of = *op](Real a, const Mat& X, Real b, const Mat& Y) {
    Vec AX, AY, sum;
    of.forward(X, AX);
    of.forward(Y, AY);
    of.forward(Mat(a * X + b * Y), sum);
    const Real size = std::abs(a) * frobenius_norm(AX) + std::abs(b) * frobenius_norm(AY),
               error = frobenius_norm(sum - a * AX - b * AY) / (size > 0 ? size : 1);
    report.measure("relative error of A(aX + bY) = aA(X) + bA(Y)", error, "at most 1e-12");
    return error <= 1e-12;
  };
  for (std::uint64_t draw = 0; draw < 20; ++draw) {
    const Mat X = random_pair(draw, op->shape(), 2).dense(), Y = random_pair(100 + draw, op->shape(), 3).dense();
    report.expect(linear(2, X, -3, Y), "it is not linear: A(2X − 3Y) differs from 2A(X) − 3A(Y)");
    report.expect(linear(1e6, X, 1, Y) && linear(1e-6, X, 0, Y),
                  "it is not linear: predictions of large or small matrices are not in proportion to them");
  }
  Vec nothing;
  op->forward(Mat(op->rows(), op->cols(), arma::fill::zeros), nothing);
  report.expect(nothing.is_zero(), "it is not linear: A(0) is not 0, but has the norm {:g}", frobenius_norm(nothing));
}

void check_maps(const Subject& subject, Report& report) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  for (std::uint64_t draw = 0; draw < 20; ++draw) {
    const LowRank X = random_pair(draw, op->shape(), 2);
    const Vec z = random_vector(draw, op->measurements());
    Vec AX, low;
    Mat G, product;
    op->forward(X.dense(), AX);
    op->adjoint(z, G);
    op->forward(X, low);
    report.expect(agree(low, AX), "A(L Rᵀ) of a low-rank pair differs from that of the matrix");
    const Mat B = Stream(draw, "B").normal_matrix(op->cols(), 2), C = Stream(draw, "C").normal_matrix(op->rows(), 2);
    op->adjoint_times(z, B, product);
    report.expect(agree(product, G * B, 1e-12, frobenius_norm(G) * frobenius_norm(B)),
                  "adjoint_times differs from A*(z) B");
    op->adjoint_transposed_times(z, C, product);
    report.expect(agree(product, G.t() * C, 1e-12, frobenius_norm(G) * frobenius_norm(C)),
                  "adjoint_transposed_times differs from A*(z)ᵀ B");
    LowRank gradient;
    op->pull_back(z, X, gradient);
    report.expect(agree(gradient.left, G * X.right, 1e-12, frobenius_norm(G) * frobenius_norm(X.right)),
                  "the left side of pull_back differs from A*(z) R");
    report.expect(agree(gradient.right, G.t() * X.left, 1e-12, frobenius_norm(G) * frobenius_norm(X.left)),
                  "the right side of pull_back differs from A*(z)ᵀ L");
  }
}

void check_isotropy(const Subject& subject, Report& report) {
  const auto [bench, first] = made<MeasurementOperator>(subject);
  if (const std::string chosen = bench->setting("normalization"); !chosen.empty() && chosen != "isotropic") return;
  const Index n1 = first->rows(), n2 = first->cols();
  Vec unseen(1, arma::fill::ones);
  if (n1 == n2) {
    const Mat X = Stream(1, "X").normal_matrix(n1, n1);
    first->forward(Mat(X - X.t()), unseen);
  }
  const bool sees_symmetric_ones_alone = n1 > 1 && frobenius_norm(unseen) < 1e-12;
  constexpr Index draws = 40;
  Real whole = 0;
  Vec by_row(n1, arma::fill::zeros), by_column(n2, arma::fill::zeros);
  for (Index draw = 0; draw < draws; ++draw) {
    bench->context.stream = Stream(draw, "plugin");
    const auto op = bench->make<MeasurementOperator>();
    const auto share = [&](Mat X) {
      // Quadratic forms aᵀXa see the trace best; elsewhere they are isotropic.
      if (sees_symmetric_ones_alone) {
        X += X.t();
        X.diag() -= arma::trace(X) / static_cast<Real>(n1);
      }
      Vec z;
      op->forward(X, z);
      return arma::dot(z, z) / arma::dot(X, X) / static_cast<Real>(draws);
    };
    const Mat X = Stream(draw, "X").normal_matrix(n1, n2);
    for (std::uint64_t part = 0; part < 4; ++part)
      whole += share(Stream(4 * draw + part, "whole").normal_matrix(n1, n2)) / 4;
    for (Index i = 0; i < n1; ++i) {
      Mat row(n1, n2, arma::fill::zeros);
      row.row(i) = X.row(i);
      by_row[i] += share(row);
    }
    for (Index j = 0; j < n2; ++j) {
      Mat column(n1, n2, arma::fill::zeros);
      column.col(j) = X.col(j);
      by_column[j] += share(column);
    }
  }
  report.expect(std::abs(whole - 1) < 0.08, "not isotropic: the mean of ‖A(X)‖²/‖X‖² is {:g} instead of 1", whole);
  for (Index i = 0; i < n1; ++i)
    report.expect(std::abs(by_row[i] - 1) < 0.4,
                  "not isotropic: for X in row {} alone the mean of ‖A(X)‖²/‖X‖² is {:g} instead of 1", i + 1,
                  by_row[i]);
  for (Index j = 0; j < n2; ++j)
    report.expect(std::abs(by_column[j] - 1) < 0.4,
                  "not isotropic: for X in column {} alone the mean of ‖A(X)‖²/‖X‖² is {:g} instead of 1", j + 1,
                  by_column[j]);
}

void check_restriction(const Subject& subject, Report& report) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  const LowRank X = random_pair(1, op->shape(), 2);
  const Index m = op->measurements();
  Vec all, some;
  op->forward(X, all);
  std::vector<Index> kept;
  for (Index i = 0; i < m; ++i)
    if (i % 3 != 1 || i + 1 == m) kept.push_back(i);
  op->restricted(kept)->forward(X, some);
  for (Index i = 0; i < kept.size(); ++i)
    report.expect(std::abs(some[i] - all[kept[i]]) <= 1e-14 * frobenius_norm(all),
                  "measurement {} of the restriction is {:g} instead of {:g}", i, some[i], all[kept[i]]);
  if (!op->is_dense()) return;
  Mat rows(op->shape().entries(), m);
  op->dense_rows(0, m, rows.memptr());
  report.expect(agree(rows.t() * arma::vectorise(X.dense()), all), "dense_rows are not the rows of A");
  Mat part(op->shape().entries(), m - m / 3);
  op->dense_rows(m / 3, m - m / 3, part.memptr());
  report.expect(parts::same_bits(part, Mat(rows.tail_cols(m - m / 3))),
                "dense_rows from row {} on are not those of all rows", m / 3);
}

void check_entries(const Subject& subject, Report& report) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  const std::vector<MatrixEntry> entries = op->entries();
  if (entries.empty()) return;
  report.require(entries.size() == op->measurements(), "entries() has {} entries for {} measurements", entries.size(),
                 op->measurements());
  Real factor = std::nan("");
  for (std::uint64_t draw = 0; draw < 3; ++draw) {
    const Mat X = Stream(draw, "X").normal_matrix(op->rows(), op->cols());
    Vec z;
    op->forward(X, z);
    for (Index i = 0; i < entries.size(); ++i) {
      const auto [row, column] = entries[i];
      report.require(row < op->rows() && column < op->cols(),
                     "entries() says that measurement {} sees entry ({}, {}) of a {} × {} matrix", i, row, column,
                     op->rows(), op->cols());
      if (std::isnan(factor)) factor = z[i] / X(row, column);
      report.expect(std::abs(z[i] - factor * X(row, column)) <= 1e-12 * std::abs(factor),
                    "entries() says that measurement {} sees entry ({}, {}) alone, which is {:g}, with the factor "
                    "{:g}, but it measures {:g}",
                    i, row, column, X(row, column), factor, z[i]);
    }
  }
}

/// What it is lent ends where memory does, and what it may not write cannot be written.
void check_borders(const Subject& subject, Report& report) {
  const auto [bench, op] = made<MeasurementOperator>(subject);
  const Mat X = random_pair(1, op->shape(), 2).dense();
  const Vec z = random_vector(2, op->measurements());
  const Walled of_X({X.memptr(), X.n_elem}, Walled::Access::is_read_only),
      of_z({z.memptr(), z.n_elem}, Walled::Access::is_read_only);
  const Mat lent(of_X.data(), X.n_rows, X.n_cols, false, true);
  const Vec lent_z(of_z.data(), z.n_elem, false, true);
  Vec AX, expected;
  Mat G, expected_G;
  op->forward(X, expected);
  op->forward(lent, AX);
  op->adjoint(z, expected_G);
  op->adjoint(lent_z, G);
  report.expect(agree(AX, expected) && agree(G, expected_G),
                "matrices that lie elsewhere in memory are measured otherwise");
}

/// Few measurements, one row, one column: the same map in every form, whatever the shape.
void check_edges(const Subject& subject, Report& report) {
  at_edges(subject, report, [&](const Subject& there, Shape shape) {
    const auto [bench, op] = made_for<MeasurementOperator>(there, shape);
    check_adjoint(*op, report);
    const LowRank X = random_pair(1, shape, 1);
    const Vec data = random_vector(2, op->measurements());
    const parts::HalfSquare loss;
    Vec z, prediction;
    op->forward(X.dense(), z);
    LowRank gradient;
    std::vector<Evaluation> lanes = {{&X, &data, &loss, {true, true}, 0, &prediction, &gradient}};
    op->evaluate(lanes);
    Mat G;
    op->adjoint(Vec(z - data), G);
    report.expect(agree(prediction, z), "the fused pass predicts something else than A(X)");
    report.expect(agree(gradient.left, G * X.right, 1e-11) && agree(gradient.right, G.t() * X.left, 1e-11),
                  "the gradient of the fused pass is not A*(A(X) − y) times the factors");
  });
}

}  // namespace

Checks operator_checks() {
  return {{"adjoint identity", check_adjoints, true},
          {"linearity", check_linearity, true},
          {"cheaper forms are the same maps", check_maps},
          {"E‖A(X)‖² = ‖X‖², whatever X", check_isotropy},
          {"no memory beyond what it is lent", check_borders},
          {"restrictions and dense rows", check_restriction},
          {"each measurement sees the entry that entries() says", check_entries},
          {"edge shapes", check_edges}};
}

}  // namespace tightrope::conformance
