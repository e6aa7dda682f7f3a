// Keys at the top of a file that are values: name, seed.
#include "core/experiment/resolver.hpp"

namespace tightrope {

namespace {

struct RunKeys {
  std::string name;
  Index seed = 1;
  void declare(Parameters& p) {
    p.add("name", name, std::vector<std::string>{},
          "name of the run and of its result folder: letters of any script, digits, '_', '-', '.'; default: the file's "
          "name");
    p.add("seed", seed, at_least(0), "names all random numbers of the run");
  }
};

}  // namespace

Section top_section() {
  return {.name = "",
          .order = 0,
          .text =
              "The top level of a file. Besides these keys and the sections below it has `plugin_path`, a folder with "
              "plugins or a list of such folders, which is heeded only with `--allow-plugin-path`.",
          .parameters = parameters_of<RunKeys>(),
          .schema = R"(
              properties:
                name: {pattern: '^(?!\.{1,2}$)[^\u0000-\u002C\u002F\u003A-\u0040\u005B-\u005E\u0060\u007B-\u00A0]{1,100}$'}
                plugin_path:
                  description: a folder with plugins, or a list of such folders
                  type: [string, array]
                  items: {type: string})",
          .of_cell = [](Resolver& resolver, const Node& tree, CellSpec& cell) {
            RunKeys run;
            const Node resolved = resolver.read(run, only(tree, {"name", "seed"}), "the config");
            for (const Node::Entry& entry : resolved.entries) cell.resolved.entries.push_back(entry);
            cell.seed = run.seed;
          }};
}

}  // namespace tightrope
