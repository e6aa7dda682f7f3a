// `--set PATH=VALUE`, laid over a tree that has something of everything.
#include "core/tree/yaml/yaml.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) {
  Node tree = parse_yaml("a: {b: 1, c: [1, 2]}\nd: name\ne: null\n", "tree");
  const std::string before = to_json(tree);
  try {
    apply_assignment(tree, std::string(bytes), "--set");
  } catch (const Error&) {
    if (to_json(tree) != before) __builtin_trap();
    throw;
  }
}
