// What a report shows beyond the stored numbers, made again from the records of the runs.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "core/cli/verb.hpp"
#include "core/store/remake.hpp"

namespace tightrope::cli {

namespace {

using Group = std::vector<std::size_t>;

/// Everything but the seed that decides the truth of a run, as its record states it.
std::string target_of(const StoredCell& cell) {
  const Node* problem = cell.spec.find("problem");
  const Node* target = problem ? problem->find("target") : nullptr;
  std::string text = fmt::format("{} {} {}\n", cell.sizes.rows, cell.sizes.cols, target ? to_json(*target, true) : "");
  for (const RecordedFile& file : data_files_of(cell))
    if (text.find(file.written) != std::string::npos) text += file.sha256 + "\n";
  return text;
}

std::string seed_of(const StoredCell& cell) {
  const Node* seeds = cell.spec.find("seeds");
  const Node* seed = seeds ? seeds->find("target") : nullptr;
  if (!seed) seed = cell.spec.find("seed");
  return seed ? seed->scalar : "";
}

bool are_equal(const Truth* a, const Truth* b) {
  const auto same = [](const Mat& x, const Mat& y) {
    return arma::size(x) == arma::size(y) && std::equal(x.begin(), x.end(), y.begin());
  };
  return a && b && same(a->X.left, b->X.left) && same(a->X.right, b->X.right);
}

class PictureMaker {
 public:
  PictureMaker(const StoredRun& run, const Catalog& catalog, std::shared_ptr<const Team> team,
               std::shared_ptr<const Truth> known)
      : run_(run), catalog_(catalog), team_(std::move(team)), known_(std::move(known)) {}

  std::vector<Group> groups() const {
    std::map<std::string, std::map<std::string, Group>> by_target;  // then by seed
    std::vector<std::string> order;
    for (std::size_t i = 0; i < run_.cells.size(); ++i) {
      const std::string target = target_of(run_.cells[i]);
      if (by_target.count(target) == 0) order.push_back(target);
      by_target[target][seed_of(run_.cells[i])].push_back(i);
    }
    std::vector<Group> groups;
    for (const std::string& target : order) {
      std::vector<Group> by_seed;
      for (auto& [seed, group] : by_target[target]) by_seed.push_back(std::move(group));
      std::ranges::sort(by_seed);
      // Two seeds tell whether the target heeds the seed at all.
      if (by_seed.size() > 1 && are_equal(truth(by_seed[0]).get(), truth(by_seed[1]).get())) {
        for (std::size_t g = 1; g < by_seed.size(); ++g)
          by_seed[0].insert(by_seed[0].end(), by_seed[g].begin(), by_seed[g].end());
        std::ranges::sort(by_seed[0]);
        by_seed.resize(1);
      }
      groups.insert(groups.end(), by_seed.begin(), by_seed.end());
    }
    return groups;
  }

  std::shared_ptr<const Truth> truth(const Group& group) const {
    if (known_) return known_;
    const StoredCell& cell = run_.cells[group.front()];
    return or_nothing("truth", cell, [&] { return remake_truth(cell, catalog_, team_); });
  }

  std::optional<LowRank> estimate(std::size_t i, const Truth* truth) const {
    const StoredCell& cell = run_.cells[i];
    return or_nothing("estimate", cell,
                      [&] { return std::optional<LowRank>(remake_estimate(cell, catalog_, truth, team_)); });
  }

 private:
  /// What cannot be had again is left out, with a line on standard error; data that have changed end everything.
  template <class Make>
  auto or_nothing(const char* what, const StoredCell& cell, Make make) const -> decltype(make()) {
    std::string reason;
    try {
      return make();
    } catch (const OtherPlugin& error) {
      reason = error.what();
    } catch (const Error& error) {
      if (error.code() == Exit::integrity) throw;
      reason = error.what();
    } catch (const std::bad_alloc&) {
      reason = "there is not enough memory for it";
    } catch (const std::exception& error) {
      reason = error.what();
    }
    const std::string text =
        fmt::format("the {} of {} cannot be made again, so it is left out: {}", what, cell.folder.string(), reason);
    if (warned_.insert(text).second) std::cerr << "tightrope: warning: " << text << "\n";
    return {};
  }

  const StoredRun& run_;
  const Catalog& catalog_;
  const std::shared_ptr<const Team> team_;
  const std::shared_ptr<const Truth> known_;
  mutable std::set<std::string> warned_;
};

}  // namespace

Pictures pictures_of(const StoredRun& run, const Catalog& catalog, const std::shared_ptr<const Team>& team,
                     const std::shared_ptr<const Truth>& known) {
  const bool has_matrices = std::ranges::all_of(run.cells, [](const StoredCell& cell) { return cell.sizes.rows > 0; });
  if (run.cells.size() > most_pictured_cells || !has_matrices) return {};
  const auto maker = std::make_shared<const PictureMaker>(run, catalog, team, known);
  return {maker->groups(), [maker](const Group& group) { return maker->truth(group); },
          [maker](std::size_t i, const Truth* truth) { return maker->estimate(i, truth); }};
}

}  // namespace tightrope::cli
