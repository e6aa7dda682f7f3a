// Heat maps: squares over two axes, their colours on one scale.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/numbers/types.hpp"

namespace tightrope {

struct MapAxis {
  std::string label, title;  // the title with its unit
  std::vector<Real> values;  // rising, all different
};

struct Square {
  bool is_run = false;  // whether there is any such setting
  Real value = std::numeric_limits<Real>::infinity();
  std::string text, title;  // in it, and beside a pointer
};

struct HeatMap {
  std::string title;
  std::vector<Square> squares;  // row by row of y, from below
};

/// Maps over the same axes; their colours are shared.
struct HeatMaps {
  std::string title, meaning;  // of the colours
  MapAxis x, y;
  std::size_t series = 1;  // so many of the maps stand in a row where they fit
  std::vector<HeatMap> maps;
  bool is_share = false;  // the scale is 0 … 1 and not that of the values
};

/// What the colours of maps mean.
struct ColourScale {
  explicit ColourScale(const HeatMaps& of);
  bool logarithmic = false;
  Real low = 0, high = 1;
  std::string meaning;
  Real place(Real value) const;  // 0 … 1, as scale_colour takes it
};

/// Some of the maps, side by side in rows of `columns`.
struct MapSheet {
  std::size_t first = 0, last = 0, columns = 1;
  std::string part;            // "2 of 3", "" for the only sheet
  bool has_unreached = false;  // whether a square has no number
};
inline constexpr std::size_t most_map_columns = 4;  // on a page, fewer of maps with many squares
std::vector<MapSheet> sheets_of(const HeatMaps& maps, std::size_t most = most_map_columns);
/// How many maps stand side by side in a figure so many millimetres wide.
std::size_t map_columns_in(Real width);
inline constexpr const char* unreached_words = "no number: half of the runs or more did not arrive, diverged or failed";

/// A number of an axis as short as it goes: "1e-6" → "10⁻⁶".
std::string axis_number(Real value);

/// Complete SVG documents: as many sheets as the maps take. With `width` (mm) for a column of a paper.
std::vector<std::string> svgs_of(const HeatMaps& maps, std::optional<Real> width = {});

}  // namespace tightrope
