#include "core/numbers/factors.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tightrope {

Factors zeros(const std::vector<Block>& blocks) {
  Factors result;
  for (const Block& block : blocks) result.blocks.emplace_back(block.rows, block.cols, arma::fill::zeros);
  return result;
}

void assign_zeros_like(Factors& y, const Factors& like) {
  y.blocks.resize(like.size());
  for (Index b = 0; b < like.size(); ++b) y[b].zeros(arma::size(like[b]));
}

void keep_only(Factors& y, Blocks blocks) {
  for (Index b = 0; b < y.size(); ++b)
    if (!blocks.has(b)) y[b].zeros();
}

void scale(Factors& y, Real a) {
  for (Mat& block : y.blocks) block *= a;
}

void add_scaled(Factors& y, Real a, const Factors& x) {
  for (Index b = 0; b < y.size(); ++b) y[b] += a * x[b];
}

Real dot(const Factors& x, const Factors& y) {
  Real sum = 0;
  for (Index b = 0; b < x.size(); ++b) sum += arma::dot(x[b], y[b]);
  return sum;
}

Real norm(const Factors& x) {
  Real largest = 0;  // scaled, so that factors near the ends of the number range neither overflow nor vanish
  for (const Mat& block : x.blocks) {
    if (block.has_nan()) return std::nan("");  // which max() passes over
    if (!block.is_empty()) largest = std::max(largest, arma::abs(block).max());
  }
  if (!(largest > 0) || !std::isfinite(largest)) return largest;
  Real sum = 0;
  for (const Mat& block : x.blocks)
    for (const Real entry : block) sum += (entry / largest) * (entry / largest);
  return largest * std::sqrt(sum);
}

bool is_finite(const Factors& x) {
  for (const Mat& block : x.blocks)
    if (!block.is_finite()) return false;
  return true;
}

std::string wrong_shapes(const Factors& y, const std::vector<Block>& expected) {
  for (Index b = 0; b < std::min<Index>(y.size(), expected.size()); ++b) {
    const Block& block = expected[b];
    if (y[b].n_rows != block.rows || y[b].n_cols != block.cols)
      return fmt::format("block {} is {} × {} instead of {} × {}", block.name, y[b].n_rows, y[b].n_cols, block.rows,
                         block.cols);
  }
  if (y.size() == expected.size()) return "";
  std::string names;
  for (const Block& block : expected) names += (names.empty() ? "" : ", ") + block.name;
  return fmt::format("it has {} {} instead of {} ({})", y.size(), y.size() == 1 ? "block" : "blocks", expected.size(),
                     names);
}

}  // namespace tightrope
