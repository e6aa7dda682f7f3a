// A loss, asked for all that it knows.
#pragma once

#include "core/interfaces/loss.hpp"

namespace tightrope {

struct Answer {
  Real value;
  Vec slope, curvature;
};
inline Answer asked(const Loss& loss, const Vec& z, const Vec& y) {
  Answer answer{0, Vec(z.n_elem), Vec(z.n_elem)};
  answer.value = loss.evaluate(0, {z.memptr(), z.n_elem}, {y.memptr(), y.n_elem}, {answer.slope.memptr(), z.n_elem});
  loss.curvature(0, {z.memptr(), z.n_elem}, {y.memptr(), y.n_elem}, {answer.curvature.memptr(), z.n_elem});
  return answer;
}

}  // namespace tightrope
