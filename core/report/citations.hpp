// The papers behind a run, as BibTeX.
#pragma once

#include <string>
#include <vector>

namespace tightrope {

/// What something names as its sources: keys of docs/references.bib, separated by commas, or BibTeX entries of its own.
struct Citation {
  std::string by;  // "optimizer momentum"
  std::string sources;
};

struct Bibliography {
  std::string text;                  // each entry once, by key, below a comment with who cites it
  std::vector<std::string> unknown;  // "optimizer momentum cites 'polyak1694'": keys that no entry has
};
Bibliography bibliography_of(const std::vector<Citation>& citations);

/// The keys of what a plugin names as its sources.
std::vector<std::string> keys_of(const std::string& sources);

}  // namespace tightrope
