// tightrope doctor: what this installation is made of, and whether it is well.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/base/limits.hpp"
#include "core/cli/verb.hpp"
#include "core/numbers/kernels/row_store.hpp"
#include "core/store/files/json.hpp"

extern "C" {
char* openblas_get_config();
char* openblas_get_corename();
int openblas_get_num_threads();
}

namespace tightrope::cli {

namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

Exit doctor(const Call& call) {
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> troubles;
  facts.emplace_back("version", version_line());
  facts.emplace_back("interface headers", TIGHTROPE_HEADER_DIGEST);
  facts.emplace_back("build", TIGHTROPE_BUILD_FACTS);
  facts.emplace_back("BLAS", openblas_get_config());
  facts.emplace_back("BLAS kernels", fmt::format("{}, {} thread", openblas_get_corename(), openblas_get_num_threads()));
  facts.emplace_back("sweeps", sweep_instruction_set());
  facts.emplace_back("processor", fmt::format("{}, {} cores", processor(), default_threads()));
  const MemoryLimit memory = memory_limit();
  facts.emplace_back("memory", fmt::format("{}; this process may take {}", memory.text(), bytes_text(memory.left())));
  std::string fits;
  for (const std::string& storage : storage_names())
    if (const double bits = static_cast<double>(bits_per_entry(storage_of(storage))); bits > 0)
      fits += fmt::format("{}{:.2g} as {}", fits.empty() ? "" : ", ", static_cast<double>(memory.left()) * 8 / bits,
                          storage);
  facts.emplace_back("dense operators", "numbers that fit, m·n1·n2: " + fits + ", any number if generated");
  std::error_code error;
  const auto space = std::filesystem::space(".", error);
  if (!error)
    facts.emplace_back("disk here", fmt::format("{:.1f} GB free", static_cast<double>(space.available) / 1e9));
  if (!error && space.available < (1U << 20)) troubles.emplace_back("the disk is full; results cannot be written here");
  const Catalog catalog = make_catalog(call);
  std::size_t plugins = 0, refused = 0, not_tried = 0;
  for (const auto& folder : catalog.folders()) facts.emplace_back("plugin folder", folder.string());
  if (catalog.folders().empty())
    troubles.emplace_back("no folder with plugins was found; install Tightrope again or set TIGHTROPE_PLUGIN_PATH");
  for (const PluginKind& kind : plugin_kinds())
    for (const std::string& name : catalog.names(kind.folder)) try {
        catalog.find(kind.folder, name);
        ++plugins;
      } catch (const Error& refusal) {
        ++(refusal.code() == Exit::resources ? not_tried : refused);
        if (not_tried < 2 || refusal.code() != Exit::resources) troubles.emplace_back(refusal.what());
      }
  facts.emplace_back("plugins", fmt::format("{} can be used, {} refused", plugins, refused) +
                                    (not_tried > 0 ? fmt::format(", {} could not be tried", not_tried) : ""));
  if (call.format == "json") {
    Json json = {{"facts", Json::array()}, {"troubles", troubles}};
    for (const auto& [name, value] : facts) json["facts"].push_back({{"name", name}, {"value", value}});
    std::cout << pretty(json);
  } else {
    Table table({"what", "found"});
    for (const auto& [name, value] : facts) table.add({name, value});
    std::cout << table.text(call.format);
    for (const std::string& trouble : troubles) std::cout << "✗ " << trouble << "\n";
    std::cout << (troubles.empty() ? "All is well.\n" : "");
  }
  return not_tried > 0 ? Exit::resources : troubles.empty() ? Exit::ok : Exit::plugin;
}

}  // namespace

Verb doctor_verb() {
  return {
      "doctor",
      "",
      "show what this installation is made of and whether it is well",
      "Opens every plugin and names those that cannot be used, with the reason; then the exit code is 3, or 5 where a\n"
      "limit does not allow to try them. Of memory it names the limit that leaves least: of this machine, a control\n"
      "group, or the address space.",
      declare_plugin_options,
      {"table", "json", "markdown"},
      0,
      0,
      doctor};
}

}  // namespace tightrope::cli
