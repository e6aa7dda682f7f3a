// Characters of UTF-8 text.
#pragma once

#include <cstddef>
#include <string_view>

namespace tightrope {

/// Length in bytes of the character at the beginning of the text, 0 if there is none (RFC 3629).
std::size_t utf8_length(std::string_view text);

}  // namespace tightrope
