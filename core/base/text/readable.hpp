// Numbers, durations and counts as people read them: the same on the terminal, in tables and on pages.
#pragma once

#include <cstddef>
#include <string>

namespace tightrope {

/// Whole numbers below 10⁷ in full; else four significant digits or, below 0.01 and from 10⁴ on, `digits` of them with
/// an exponent, "1.20e-05", and never fewer than `digits`; "∞", and "–" if it is none.
std::string number(double value, int digits = 3);
/// A p-value: "0.031", "2.4e-05".
std::string p_value(double p, int digits = 2);
/// "250 ms", "4.25 s", "12 min 05 s", "2.5 h"
std::string duration(double seconds);
/// 12,345
std::string grouped(std::size_t value);
/// "1 run", "3 runs", "12,345 passes"
std::string counted(std::size_t count, const std::string& noun);

}  // namespace tightrope
