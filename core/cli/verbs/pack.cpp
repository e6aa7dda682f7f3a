// tightrope pack: entries of a text file in the form in which all processes map them.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "core/cli/verb.hpp"
#include "core/operators/entry_pack.hpp"

namespace tightrope::cli {

namespace {

Exit pack(const Call& call) {
  const std::string from = call.positional[0], to = call.positional[1], normalization = call.text("normalization");
  if (normalization != "isotropic" && normalization != "none")
    throw Error(Exit::config, fmt::format("--normalization is 'isotropic' or 'none', not '{}'", normalization));
  const Index first_index = call.get<Index>("first-index");
  if (first_index > 1) throw Error(Exit::config, fmt::format("--first-index is 0 or 1, not {}", first_index));
  std::error_code ignored;
  if (std::filesystem::equivalent(from, to, ignored))
    throw Error(Exit::config, "the packed file must have another name than the one that it is made of");
  EntryList list = read_entries(from, first_index, {}, *make_team(call));
  if (list.factor) throw Error(Exit::config, from + ": these entries are packed already");
  const Real factor = normalization == "none" ? 1 : isotropic_factor(list);
  list.values *= factor;
  write_pack(to, list, factor);
  if (!call.quiet) std::cout << fmt::format("{}: {}\n", to, list.description);
  return Exit::ok;
}

}  // namespace

Verb pack_verb() {
  return {"pack",
          "FILE PACKED",
          "writes entries of a text file in the form that entries_file maps",
          "FILE has a line `row column value` for each entry, or is a MatrixMarket file of coordinates. Runs whose "
          "operator entries_file has PACKED as its path begin at once, and all their processes share one copy of it.",
          [](po::options_description& options) {
            options.add_options()("first-index", po::value<Index>()->value_name("N")->default_value(1),
                                  "number of the first row and column in FILE: 0 or 1")(
                "normalization", text("NAME")->default_value("isotropic"),
                "that of entries_file, in runs: isotropic or none");
            declare_thread_option(options);
          },
          {},
          2,
          2,
          pack};
}

}  // namespace tightrope::cli
