// Complaints about a config, and where they are.
#include <algorithm>
#include <map>
#include <tuple>

#include "core/tree/node.hpp"

namespace tightrope {

namespace {

std::vector<Diagnostic> in_order(std::vector<Diagnostic> diagnostics) {
  std::map<std::string, std::size_t> rank;  // of a file: order of first appearance
  for (const Diagnostic& diagnostic : diagnostics) rank.emplace(diagnostic.position.file, rank.size());
  const auto place = [&](const Position& p) { return std::tuple(rank.at(p.file), p.line, p.column); };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return place(a.position) < place(b.position); });
  return diagnostics;
}

std::string lines(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += (out.empty() ? "" : "\n") + diagnostic.text();
  return out;
}

}  // namespace

std::string Position::text() const {
  if (file.empty() || line <= 0) return file;
  return file + ':' + std::to_string(line) + ':' + std::to_string(column);
}

std::string Diagnostic::text() const {
  // Messages quote what the user wrote, and some of that could drive the terminal.
  const std::string where = position.text();
  return excerpt(where + (where.empty() ? "" : ": ") + "error: " + message, std::string::npos);
}

ConfigError::ConfigError(std::vector<Diagnostic> diagnostics)
    : Error(Exit::config, lines(in_order(diagnostics))), diagnostics_(in_order(std::move(diagnostics))) {}

}  // namespace tightrope
