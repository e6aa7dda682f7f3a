// What `export` makes of a stored run for others.
#pragma once

#include "core/cli/verb.hpp"

namespace tightrope::cli {

/// Everything that a reviewer needs, as the bytes of NAME.tar.gz: the folder NAME with the run as it is stored, its
/// report and tables, the config as written and as resolved, the data files that it names, plugins that did not come
/// with the program, versions and digests, and a README that says how to check it all. The same run gives the same
/// bytes. What cannot be had is left out, with a line on standard error.
std::string bundle_of(const StoredRun& run, const Catalog& catalog, const std::shared_ptr<const Team>& team);

/// All traces below each other, with a column for each label.
std::string traces_csv(const StoredRun& run);

/// An SVG document as PDF, by the program rsvg-convert. Throws Error(resources) if it is not installed or fails.
std::string pdf_of(const std::string& svg);

}  // namespace tightrope::cli
