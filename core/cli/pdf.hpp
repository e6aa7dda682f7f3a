// Drawings as PDF.
#pragma once

#include <string>

namespace tightrope::cli {

/// An SVG document as PDF, by the program rsvg-convert. Throws Error(resources) if it is not installed or fails.
std::string pdf_of(const std::string& svg);

}  // namespace tightrope::cli
