// NumPy's .npy format.
#pragma once

#include <optional>

#include "core/arrays/arrays.hpp"
#include "core/arrays/bytes.hpp"

namespace tightrope {

/// "150 × 108", "a single number" as "1".
std::string words_of_shape(const std::vector<Index>& shape);
/// Refuses an array with an entry that is not finite, and names it.
void check_finite(const Array& array, const std::string& name);
/// The product of the sides; Error(config) if it is beyond what can be counted.
Index entries_of(const std::vector<Index>& shape, const std::string& name);

/// Which of the names is `wanted` or, if that is empty, the only one; Error(config) with what there is: `what` is a
/// word for one of them, such as "array".
std::size_t only_or_named(const std::vector<std::string>& names, const std::string& wanted, const std::string& file,
                          const std::string& what);

/// How a number is stored.
struct NumberType {
  enum class Kind { boolean, integer, natural, real } kind = Kind::real;
  std::size_t size = 8;
  bool big_endian = false;
  /// Null where float64 cannot hold the number.
  std::optional<Real> value(const char* bytes) const;
};

/// What stands before the numbers of an .npy file, checked against its size.
struct NpyHeader {
  std::vector<Index> shape;
  NumberType type;
  bool by_columns = false;  // Fortran order
  std::uint64_t begin = 0;  // byte of the first number
  std::string description;

  Index count() const;
};
NpyHeader read_npy_header(const ByteSource& source);
/// Numbers first … first + count − 1 in the order of the file. The first of them that float64 cannot hold, if there is
/// one, counted from `first`.
std::optional<Index> read_npy_numbers(const ByteSource& source, const NpyHeader& header, Index first, Index count,
                                      Real* to);

/// Format 1 to 3, at most eight dimensions. Numbers that are not finite are let through; integers beyond 2⁵³, which
/// float64 cannot tell apart, are refused. (numpy.lib.format)
Array read_npy(const ByteSource& source);

}  // namespace tightrope
