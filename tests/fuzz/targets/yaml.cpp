// Configs: a tree, its text again, and the same tree from that.
#include "core/tree/yaml/yaml.hpp"
#include "tests/fuzz/target.hpp"

void tightrope::fuzz::read(std::string_view bytes) {
  const Node tree = parse_yaml(std::string(bytes), "fuzz");
  if (to_json(parse_yaml(to_yaml(tree), "again")) != to_json(tree)) __builtin_trap();
}
