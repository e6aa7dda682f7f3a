// Pieces of HTML that the sections of a page share. Texts are HTML already.
#pragma once

#include <fmt/format.h>

#include <string>

namespace tightrope {

inline std::string cell(const std::string& text, bool is_number = true) {
  return (is_number ? "<td class=\"number\">" : "<td>") + text + "</td>";
}

inline std::string head(const std::string& text, bool is_number = true) {
  return fmt::format("<th scope=\"col\"{}>{}</th>", is_number ? " class=\"number\"" : "", text);
}

/// A table that scrolls sideways by itself, with the keyboard, too, where the screen is narrow.
inline std::string scrolling(const std::string& name, const std::string& table) {
  return fmt::format("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div>\n", name, table);
}

}  // namespace tightrope
