// What a method remembers between iterations: named, typed values that the engine owns.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "core/numbers/factors.hpp"

namespace tightrope {

/// A plugin asks for a value by name and gets a reference that stays valid for the whole run. At first use
/// the value is created as stated; later uses ignore that statement. Everything a method keeps lives here,
/// so runs can be checkpointed, resumed and batched without code in the plugin.
/// Asking for an existing name with another type throws std::logic_error.
class Memory {
 public:
  Factors& factors(std::string_view name, const Factors& like);  ///< zeros shaped like `like` at first
  Mat& matrix(std::string_view name, Index rows, Index cols);    ///< zeros at first
  Real& scalar(std::string_view name, Real initial);
  Index& count(std::string_view name, Index initial);

  using Value = std::variant<Real, Index, Mat, Factors>;
  const std::map<std::string, Value, std::less<>>& values() const { return values_; }
  void restore(std::string name, Value value) { values_[std::move(name)] = std::move(value); }
  void clear() { values_.clear(); }  ///< ends the life of all references

 private:
  template <class T, class Make>
  T& get(std::string_view name, Make make);
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace tightrope
