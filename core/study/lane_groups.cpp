#include "core/study/lane_groups.hpp"

#include <map>

#include "core/experiment/operator_key.hpp"
#include "core/store/cells/cell.hpp"

namespace tightrope {

std::vector<CellIndices> lane_groups(const std::vector<CellSpec>& cells, const CellIndices& which, bool lanes) {
  std::map<std::string, std::size_t> group_of;
  std::vector<CellIndices> groups;
  for (const std::size_t i : which) {
    const auto [group, fresh] = group_of.emplace(lanes ? operator_key(cells[i]) : folder_name(cells[i]), groups.size());
    if (fresh) groups.emplace_back();
    groups[group->second].push_back(i);
  }
  return groups;
}

std::vector<CellIndices> divided(const CellIndices& group, std::size_t parts) {
  std::vector<CellIndices> all;
  for (std::size_t part = 0; part < parts; ++part)
    all.emplace_back(group.begin() + static_cast<long>(part_begin(group.size(), parts, part)),
                     group.begin() + static_cast<long>(part_begin(group.size(), parts, part + 1)));
  return all;
}

}  // namespace tightrope
