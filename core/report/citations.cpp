#include "core/report/citations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/words.hpp"
#include "core/report/page/assets.hpp"

namespace tightrope {

namespace {

using Entries = std::map<std::string, std::string>;  // key → the entry as it was written

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \n\r\t"), end = text.find_last_not_of(" \n\r\t");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

/// One past the brace that closes the one at `open`; npos if none does.
std::size_t end_of_group(const std::string& text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
      continue;
    }
    depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
    if (depth == 0) return i + 1;
  }
  return std::string::npos;
}

/// The entries "@kind{key, …}" of a text; what stands between them is comment.
Entries entries_of(const std::string& text) {
  Entries entries;
  for (std::size_t at = 0; (at = text.find('@', at)) != std::string::npos;) {
    const std::size_t open = text.find('{', at);
    const std::size_t end = open == std::string::npos ? open : end_of_group(text, open);
    const std::size_t comma = text.find(',', std::min(open, text.size()));
    if (end == std::string::npos || comma >= end) break;
    entries.emplace(trimmed(text.substr(open + 1, comma - open - 1)), text.substr(at, end - at));
    at = end;
  }
  return entries;
}

/// Our notes on an entry are nobody else's business.
std::string without_annotation(std::string entry) {
  const std::size_t at = entry.find(",\n  annote = {");
  if (at == std::string::npos) return entry;
  return entry.erase(at, end_of_group(entry, entry.find('{', at)) - at);
}

bool is_bibtex(const std::string& sources) { return trimmed(sources).starts_with('@'); }

const Entries& references() {
  static const Entries entries = entries_of(assets::references_bib);
  return entries;
}

}  // namespace

std::vector<std::string> keys_of(const std::string& sources) {
  std::vector<std::string> keys;
  if (is_bibtex(sources)) {
    for (const auto& [key, entry] : entries_of(sources)) keys.push_back(key);
    return keys;
  }
  for (std::size_t begin = 0; begin < sources.size();) {
    const std::size_t end = std::min(sources.find(',', begin), sources.size());
    if (std::string key = trimmed(sources.substr(begin, end - begin)); !key.empty()) keys.push_back(std::move(key));
    begin = end + 1;
  }
  return keys;
}

Bibliography bibliography_of(const std::vector<Citation>& citations) {
  Bibliography bibliography;
  Entries cited;
  std::map<std::string, std::vector<std::string>> by;
  for (const Citation& citation : citations) {
    const Entries own = is_bibtex(citation.sources) ? entries_of(citation.sources) : Entries();
    const Entries& known = own.empty() ? references() : own;
    for (const std::string& key : keys_of(citation.sources)) {
      const auto entry = known.find(key);
      if (entry == known.end()) {
        std::vector<std::string> names;
        for (const auto& other : known) names.push_back(other.first);
        bibliography.unknown.push_back(
            fmt::format("{} cites '{}', which no entry has{}", citation.by, key, did_you_mean(key, names)));
        continue;
      }
      cited.insert(*entry);
      auto& who = by[key];
      if (std::find(who.begin(), who.end(), citation.by) == who.end()) who.push_back(citation.by);
    }
  }
  for (const auto& [key, entry] : cited)
    bibliography.text += fmt::format("{}% {}\n{}\n", bibliography.text.empty() ? "" : "\n", fmt::join(by[key], ", "),
                                     without_annotation(entry));
  return bibliography;
}

}  // namespace tightrope
