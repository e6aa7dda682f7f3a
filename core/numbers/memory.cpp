#include "core/numbers/memory.hpp"

#include <stdexcept>

namespace tightrope {

template <class T, class Make>
T& Memory::get(std::string_view name, Make make) {
  auto found = values_.find(name);
  if (found == values_.end()) found = values_.emplace(std::string(name), Value(make())).first;
  if (T* value = std::get_if<T>(&found->second)) return *value;
  throw std::logic_error("Memory: '" + std::string(name) + "' is remembered as another type");
}

Factors& Memory::factors(std::string_view name, const Factors& like) {
  return get<Factors>(name, [&] {
    Factors value;
    assign_zeros_like(value, like);
    return value;
  });
}

Mat& Memory::matrix(std::string_view name, Index rows, Index cols) {
  return get<Mat>(name, [&] { return Mat(rows, cols, arma::fill::zeros); });
}

Real& Memory::scalar(std::string_view name, Real initial) {
  return get<Real>(name, [&] { return initial; });
}

Index& Memory::count(std::string_view name, Index initial) {
  return get<Index>(name, [&] { return initial; });
}

}  // namespace tightrope
