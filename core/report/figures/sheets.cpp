// How the panels of a figure are laid out on sheets.
#include <map>
#include <set>

#include "core/report/figures/figure.hpp"

namespace tightrope {

constexpr std::size_t most_rows = 6;  // of a sheet: a page in print

std::string title_of(const Figure& figure, const Panel& panel, bool on_sheet) {
  std::string title;
  for (std::size_t f = 0; f < (on_sheet ? std::min<std::size_t>(2, figure.facets.size()) : figure.facets.size()); ++f)
    title += (title.empty() ? "" : " · ") + figure.facets[f].values[panel.place[f]];
  return title;
}

namespace {

/// So many columns that no row is longer than it must be.
std::size_t columns_for(std::size_t count, std::size_t most) {
  const std::size_t rows = (count + most - 1) / most;
  return rows == 0 ? 1 : (count + rows - 1) / rows;
}

/// The rows of panels for one combination of values of the third facet and those beyond.
std::vector<std::vector<std::optional<std::size_t>>> rows_of(
    const Figure& figure, const std::map<std::vector<std::size_t>, std::size_t>& panels,
    const std::vector<std::size_t>& rest, std::size_t columns) {
  const std::size_t across = figure.facets[0].values.size(),
                    down = figure.facets.size() > 1 ? figure.facets[1].values.size() : 1;
  std::vector<std::vector<std::optional<std::size_t>>> rows;
  for (std::size_t begin = 0; begin < across; begin += columns)
    for (std::size_t j = 0; j < down; ++j) {
      std::vector<std::optional<std::size_t>> row(columns);
      bool is_empty = true;
      for (std::size_t i = begin; i < std::min(across, begin + columns); ++i) {
        std::vector<std::size_t> place = {i};
        if (figure.facets.size() > 1) place.push_back(j);
        place.insert(place.end(), rest.begin(), rest.end());
        if (const auto at = panels.find(place); at != panels.end()) {
          row[i - begin] = at->second;
          is_empty = false;
        }
      }
      if (!is_empty) rows.push_back(std::move(row));
    }
  return rows;
}

}  // namespace

std::vector<Sheet> sheets_of(const Figure& figure, const Plot& plot, std::size_t most) {
  if (figure.facets.empty()) {
    Sheet only;
    for (std::size_t p = 0; p < plot.panels.size(); ++p) only.panels.emplace_back(p);
    return {only};
  }
  std::map<std::vector<std::size_t>, std::size_t> panels;
  std::set<std::vector<std::size_t>> rests;  // values of the third facet and those beyond
  for (std::size_t p = 0; p < plot.panels.size(); ++p) {
    const auto& place = plot.panels[p].place;
    panels[place] = p;
    rests.insert({place.begin() + static_cast<long>(std::min<std::size_t>(2, place.size())), place.end()});
  }
  const std::size_t columns =
      columns_for(figure.facets[0].values.size(), figure.facets.size() > 1 || most < most_columns ? most : most - 1);
  std::vector<Sheet> sheets;
  for (const auto& rest : rests) {
    std::string title;
    for (std::size_t f = 0; f < rest.size(); ++f)
      title += (title.empty() ? "" : " · ") + figure.facets[f + 2].values[rest[f]];
    const auto rows = rows_of(figure, panels, rest, columns);
    const std::size_t each = columns_for(rows.size(), most_rows), parts = (rows.size() + each - 1) / each;
    for (std::size_t part = 0; part < parts; ++part) {
      Sheet& sheet = sheets.emplace_back();
      sheet.title = title;
      if (parts > 1) sheet.title += fmt::format("{}{} of {}", title.empty() ? "" : ", ", part + 1, parts);
      sheet.columns = columns;
      for (std::size_t r = part * each; r < std::min(rows.size(), (part + 1) * each); ++r)
        sheet.panels.insert(sheet.panels.end(), rows[r].begin(), rows[r].end());
    }
  }
  return sheets;
}

}  // namespace tightrope
