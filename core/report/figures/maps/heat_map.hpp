// Heat maps: squares over two axes, their colours on one scale.
#pragma once

#include <limits>
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

/// Complete SVG documents: as many sheets as the maps take.
std::vector<std::string> svgs_of(const HeatMaps& maps);

}  // namespace tightrope
