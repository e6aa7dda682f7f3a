// A two-layer ReLU network without biases on labelled data (Min, Mallada & Vidal, ICLR 2024):
//   h(x) = Σ_j v_j max(0, ⟨x, w_j⟩),  f(W, v) = Σ_i ℓ(y_i, h(x_i)),  W = [w_1 … w_h]: D × h, v: h × 1,
// a sum and no mean, with exponential ℓ = exp(−y h), logistic ℓ = log(1 + exp(−y h)) or least_squares ℓ = (h − y)²/2.
// The derivative of max(0, ·) at 0 is 0. A gradient flow conserves v_j² − ‖w_j‖². From a small start the neurons first
// turn, those with v_j > 0 towards x₊ = Σ_{y_i > 0} x_i and those with v_j < 0 towards x₋, and only then grow.
#include "core/plugin/plugin.hpp"

namespace {

using namespace tightrope;

constexpr Index chunk = 1024;  // samples at a time: of each, h numbers are kept

struct Data {
  Mat X;  // D × n, one sample a column
  Vec y;
};

class TwoLayerRelu final : public Problem {
 public:
  struct Options {
    Index width = 0;
    std::string loss = "exponential", data, labels;
    std::optional<Index> samples, dimension;
    std::optional<Real> separation;
    Real scale = 1e-3;
    void declare(Parameters& p) {
      p.add("width", width, between(1, 1000000), "h, the number of neurons").required().example("50");
      p.add("loss", loss, {"exponential", "logistic", "least_squares"}, "ℓ; the first two ask for labels 1 and -1");
      p.add_file("data", data, "one sample a row, its label in the last column; made up if there is no file");
      p.add_file("labels", labels, "the labels by themselves, one for each row of `data`, which then holds none");
      p.add("samples", samples, between(2, 100000000), "n, of data that are made up; 20 by default");
      p.add("dimension", dimension, between(2, 1000000), "D, of data that are made up; 20 by default");
      p.add("separation", separation, between(0, 1),
            "of data that are made up: y_i x_i are of length 1 and lie in a cone about a random direction in which any "
            "two of them have at least this inner product; 0.33 by default");
      p.add("scale", scale, above(0), "ε of its own start, W = ε N with standard normal N and v_j = ±‖w_j‖");
    }
  };
  TwoLayerRelu(const Options& options, const Context& context)
      : loss_(options.loss), width_(options.width), scale_(options.scale), stream_(context.stream) {
    const bool is_made_up = options.data.empty();
    if (!is_made_up && (options.samples || options.dimension || options.separation))
      throw Unsuitable(
          "has samples, dimension and separation for data that are made up, but here they come from a file");
    if (is_made_up && !options.labels.empty()) throw Unsuitable("needs the data that its labels belong to");
    data_ = is_made_up ? made_up(options, context.stream) : from_files(options);
    has_classes_ = arma::all(data_.y % data_.y == 1);
    if (!has_classes_ && loss_ != "least_squares")
      throw Unsuitable("needs labels 1 and -1 for the " + loss_ + " loss, but the data have others");
  }

  std::vector<Block> blocks() const override { return {{"W", data_.X.n_rows, width_}, {"v", width_, 1}}; }
  Index samples() const override { return data_.y.n_elem; }

  Factors start() const override {
    const Mat W = scale_ * stream_.child("start/W").normal_matrix(data_.X.n_rows, width_);
    Mat v = arma::sqrt(arma::sum(arma::square(W), 0)).t();
    for (Index j = 0; j < width_; ++j)
      if (stream_.child("start/signs").uniform(j) < 0.5) v[j] = -v[j];
    return {{W, v}};
  }

  Real evaluate(const Factors& point, Rows rows, Blocks wanted, Factors* gradient) const override {
    const Mat &W = point[0], &v = point[1];
    Real sum = 0;
    for (Index first = rows.first; first < rows.end(); first += chunk) {
      const Index last = std::min(first + chunk, rows.end()) - 1;
      const Mat X = data_.X.cols(first, last);
      Mat H = W.t() * X;
      H.clamp(0, std::numeric_limits<Real>::infinity());
      Vec slope = H.t() * v;
      for (Index i = first; i <= last; ++i) sum += loss(data_.y[i], slope[i - first]);
      if (!gradient) continue;
      if (wanted.has(1)) (*gradient)[1] += H * slope;
      if (!wanted.has(0)) continue;
      // ∂f/∂W = X Dᵀ with D_ji = v_j ℓ′_i where neuron j is active on sample i.
      for (Index i = 0; i < H.n_cols; ++i)
        for (Index j = 0; j < width_; ++j) H(j, i) = H(j, i) > 0 ? v[j] * slope[i] : 0;
      (*gradient)[0] += X * H.t();
    }
    return sum;
  }

  std::vector<Column> columns() const override {
    std::vector<Column> columns = {{"stable_rank", "‖W‖_F²/‖W‖²", 0, false}};
    if (!has_classes_) return columns;
    columns.push_back({"accuracy", "share of the samples with y_i h(x_i) > 0", 0, false});
    columns.push_back({"alignment",
                       "smallest cosine between a neuron that is active on some sample and x₊ if v_j > 0, x₋ if v_j < "
                       "0; x± is the sum of the samples of a class",
                       0, false});
    columns.push_back(
        {"in_cone", "share of these neurons that are active on all samples of the class of sign(v_j) and on no others",
         0, false});
    return columns;
  }

  void observe(const Iterate& at, std::span<Real> values) const override {
    const Mat &W = at.point[0], &v = at.point[1];
    const Mat G = W.n_rows < W.n_cols ? Mat(W * W.t()) : Mat(W.t() * W);
    if (const Real largest = arma::eig_sym(G).max(); largest > 0) values[0] = arma::trace(G) / largest;
    if (!has_classes_) return;
    const Vec sums[] = {data_.X * arma::clamp(data_.y, 0, 1), data_.X * arma::clamp(-data_.y, 0, 1)};
    Index right = 0, live = 0, in_cone = 0;
    std::vector<bool> is_active(width_), fits(width_, true);
    for (Index first = 0; first < samples(); first += chunk) {
      const Index last = std::min(first + chunk, samples()) - 1;
      Mat H = W.t() * data_.X.cols(first, last);
      for (Index i = first; i <= last; ++i)
        for (Index j = 0; j < width_; ++j) {
          if (H(j, i - first) > 0) is_active[j] = true;
          if ((H(j, i - first) > 0) != (v[j] * data_.y[i] > 0)) fits[j] = false;
        }
      H.clamp(0, std::numeric_limits<Real>::infinity());
      right += arma::accu((H.t() * v) % data_.y.subvec(first, last) > 0);
    }
    values[1] = static_cast<Real>(right) / static_cast<Real>(samples());
    Real least = std::nan("");
    for (Index j = 0; j < width_; ++j) {
      const Vec& sum = sums[v[j] > 0 ? 0 : 1];
      if (!is_active[j] || v[j] == 0) continue;
      ++live;
      if (fits[j]) ++in_cone;
      const Real cosine = arma::dot(W.col(j), sum) / (frobenius_norm(W.col(j)) * frobenius_norm(sum));
      least = std::fmin(least, cosine);
    }
    values[2] = least;
    if (live > 0) values[3] = static_cast<Real>(in_cone) / static_cast<Real>(live);
  }

 private:
  /// ℓ(y, h), and ∂ℓ/∂h in place of h.
  Real loss(Real y, Real& h) const {
    const Real margin = y * h, small = std::exp(-std::abs(margin));  // at most 1: nothing overflows on the way
    if (loss_ == "least_squares") {
      h -= y;
      return h * h / 2;
    }
    if (loss_ == "logistic") {
      h = -y * (margin > 0 ? small : 1) / (1 + small);
      return std::max<Real>(-margin, 0) + std::log1p(small);
    }
    const Real value = std::exp(-margin);
    h = -y * value;
    return value;
  }

  /// y_i = ±1 in turn, y_i x_i = √((1 + s)/2) u + √((1 − s)/2) z_i with a common direction u and z_i across it.
  static Data made_up(const Options& options, const Stream& stream) {
    const Index n = options.samples.value_or(20), D = options.dimension.value_or(20);
    const Real s = options.separation.value_or(0.33);
    const Vec u = arma::normalise(Vec(stream.child("axis").normal_matrix(D, 1)));
    Mat Z = stream.child("samples").normal_matrix(D, n);
    Z = arma::normalise(Z - u * (u.t() * Z));
    Data data{std::sqrt((1 - s) / 2) * Z, Vec(n)};
    data.X.each_col() += std::sqrt((1 + s) / 2) * u;
    for (Index i = 0; i < n; ++i) data.y[i] = i % 2 ? -1 : 1;
    data.X.each_row() %= data.y.t();
    return data;
  }

  static Data from_files(const Options& options) {
    Mat table = read_matrix(options.data);
    if (options.labels.empty()) {
      if (table.n_cols < 2) throw Unsuitable("needs data with a column for the labels beside those of the samples");
      return {table.head_cols(table.n_cols - 1).t(), table.tail_cols(1)};
    }
    const Mat labels = read_matrix(options.labels);
    if (labels.n_elem != table.n_rows || std::min(labels.n_rows, labels.n_cols) != 1)
      throw Unsuitable("needs one label for each of " + std::to_string(table.n_rows) + " samples, but the file has " +
                       std::to_string(labels.n_rows) + " × " + std::to_string(labels.n_cols) + " numbers");
    return {table.t(), arma::vectorise(labels)};
  }

  std::string loss_;
  Index width_;
  Real scale_;
  Stream stream_;
  Data data_;
  bool has_classes_ = false;
};

}  // namespace

TIGHTROPE_PLUGIN(Problem, TwoLayerRelu, "two_layer_relu", "a two-layer ReLU network on labelled data")
