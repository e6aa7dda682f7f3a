// From a YAML tree to checked cells: which plugins, which parameters, what is left out and what is wrong.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "core/arrays/arrays.hpp"
#include "core/base/digest.hpp"
#include "core/base/header_digest.hpp"
#include "core/base/utf8.hpp"
#include "core/experiment/experiment.hpp"
#include "core/experiment/numeric_digest.hpp"
#include "core/experiment/operator_key.hpp"
#include "core/tree/quantity.hpp"
#include "core/tree/yaml.hpp"

namespace tightrope {

namespace {

/// What a method may set, and what else a file may have at its top.
const std::vector<std::string> cell_keys = {"seed", "seeds",     "problem",      "model",      "initialization",
                                            "loss", "penalty", "optimizer", "perturbation", "projection", "batch",
                                            "stop", "keep",      "observers"};
const std::vector<std::string> file_keys = {"name", "study", "claims", "plugin_path"};
/// The keys inside of sections that are easily taken for sections, with the section that each belongs to.
const std::map<std::string, std::string> inner_keys = {
    {"shape", "problem"}, {"data", "problem"},     {"target", "problem"},    {"operator", "problem"},
    {"noise", "problem"}, {"hold_out", "problem"}, {"step", "optimizer"},    {"iterations", "stop"},
    {"time", "stop"},     {"divergence", "stop"},  {"methods", "study"},     {"grid", "study"},
    {"zip", "study"},     {"list", "study"},       {"repetitions", "study"}, {"share", "study"},
    {"set", "study"},     {"tune", "study"},       {"where", "study"},       {"exclude", "study"},
    {"timing", "study"},  {"limits", "study"},     {"success", "study"},     {"every", "observers"}};

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string list_of(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

/// The values of the core's own sections, declared like those of a plugin.
struct TopSection {
  std::string name;
  Index seed = 1;
  void declare(Parameters& p) {
    p.add("name", name, std::vector<std::string>{},
          "name of the run and of its result folder: letters of any script, digits, '_', '-', '.'; default: the file's "
          "name");
    p.add("seed", seed, at_least(0), "names all random numbers of the run");
  }
};

struct SeedsSection {
  std::optional<Index> target, op, noise, initialization;
  void declare(Parameters& p) {
    p.add("target", target, at_least(0), "names the random numbers of the target; default: those of seed");
    p.add("operator", op, at_least(0), "the same for the operator");
    p.add("noise", noise, at_least(0), "the same for the noise");
    p.add("initialization", initialization, at_least(0), "the same for the initialization");
  }
};

struct ProblemSection {
  std::string type = "sensing";
  std::vector<Index> shape;
  std::string data;
  void declare(Parameters& p) {
    p.add("type", type, std::vector<std::string>{},
          "sensing: a matrix seen through linear measurements; or one of the [problems](#plugins-problems), which "
          "takes the keys "
          "of that plugin in place of those below, and no model and no loss");
    p.add("shape", shape, at_least(1),
          "rows and columns of the matrix to recover; may be left out if the target knows them")
        .example("[60, 40]");
    p.add_file("data", data,
               "measured values y, one per measurement, as a vector, n × 1 or 1 × n; n1 × n2 where every entry is "
               "measured. Measurements of entries are in order row by row. Without it y is made from target and noise");
  }
};

struct HoldOutSection {
  Real fraction = 0;
  void declare(Parameters& p) {
    p.add(
         "fraction", fraction, Range{0, 1, true, true},
         "share of the measurements, drawn at random, that the run does not learn from; their relative residual is the "
         "column `validation_error`, and the loss of the others is multiplied by m/(m − number held out)")
        .required()
        .example("0.1");
  }
};

struct BatchSection {
  Index size = 0;
  std::string order = "in_turn";
  void declare(Parameters& p) {
    p.add("size", size, at_least(1), "consecutive measurements, or samples, that an iteration sees")
        .required()
        .example("50");
    p.add("order", order, {"in_turn", "shuffled", "random"},
          "in_turn: one batch after another; shuffled: every batch once in each epoch, in a new order; random: drawn "
          "anew for each iteration");
  }
  BatchRule rule() const {
    return {size, order == "in_turn"    ? BatchRule::Order::in_turn
                  : order == "shuffled" ? BatchRule::Order::shuffled
                                        : BatchRule::Order::random};
  }
};

struct StopSection {
  std::optional<Index> iterations;
  std::optional<Real> time;
  Real divergence = StopRules{}.divergence;
  void declare(Parameters& p) {
    p.add("iterations", iterations, at_least(0), "end after so many iterations").example("1000");
    p.add("time", time, above(0),
          "end after so much computing time, also 10 min, 2 h or 1 d; the only rule that depends on the clock")
        .unit("s")
        .example("60");
    p.add(
        "divergence", divergence, above(1),
        "the run has diverged when the objective exceeds this multiple of its scale (the larger of its first value and "
        "half the squared norm of the data), or is not finite");
  }
};

struct ObserverSection {
  Index every = 1;
  void declare(Parameters& p) {
    p.add("every", every, at_least(1),
          "look at every n-th iteration, or `geometric`: densely at first, then at steps of a tenth of the iteration; "
          "the first and the last iterate are always recorded");
  }
};

template <class Section>
SectionDoc document(std::string name, std::string text) {
  Section section;
  Parameters parameters;
  section.declare(parameters);
  return {std::move(name), std::move(text), parameters.all()};
}

bool looks_like_number(const Node& node) { return node.is_scalar() && !node.quoted && to_real(node).has_value(); }

/// "1_000", "0,5": no name of a plugin begins so.
bool is_meant_as_number(const std::string& text) {
  return !text.empty() && (std::isdigit(static_cast<unsigned char>(text[0])) || text.find_first_of("+-.") == 0);
}

class Resolver {
 public:
  Resolver(const Node& tree, const Catalog& catalog, const Selection& selection, const std::vector<Tuned>& tuned)
      : tree_(tree), catalog_(catalog), selection_(selection), tuned_(tuned) {
    for (const std::filesystem::path& folder : catalog.folders())
      if (std::error_code ignored; std::filesystem::exists(folder / "defaults.yaml", ignored)) {
        defaults_ = read_yaml(folder / "defaults.yaml");
        break;
      }
  }

  Experiment run() {
    Experiment experiment;
    if (!tree_.is_map()) {
      complain(tree_.position,
               tree_.is_null()
                   ? "the config is empty; it needs at least problem, model, initialization, optimizer and stop"
                   : "a config is a map of sections, but this is " + tree_.description());
      throw ConfigError(std::move(diagnostics_));
    }
    const std::vector<std::string> keys = joined(cell_keys, file_keys);
    for (const Node::Entry& entry : tree_.entries)
      if (!contains(keys, entry.key)) {
        const auto home = inner_keys.find(entry.key);
        const std::string hint = home != inner_keys.end()
                                     ? fmt::format(": it belongs into the section '{}'", home->second)
                                     : did_you_mean(entry.key, keys);
        complain(entry.position, fmt::format("there is no section '{}'{}", entry.key,
                                             hint.empty() ? "; the sections are " + list_of(keys) : hint));
      }
    TopSection top;
    read_section(top, only(tree_, {"name", "seed"}), "the config", {});
    if (top.name.empty())
      top.name =
          tree_.position.file == standard_input ? "stdin" : std::filesystem::path(tree_.position.file).stem().string();
    check_name(top.name);
    experiment.name = top.name;
    experiment.config = tree_;

    Node base = tree_;
    for (const char* key : {"study", "claims", "plugin_path"}) base.erase(key);
    const Node* const name = tree_.find("name");
    base.set("name", Node::make_scalar(top.name, name ? name->position : Position{}, true));
    if (const Node* study = tree_.find("study")) {
      experiment.is_study = true;
      resolve_study(*study, base, experiment);
    } else {
      for (const std::vector<Node>* nodes : {&selection_.only, &selection_.skip})
        for (const Node& node : *nodes)
          complain(node.position,
                   "this picks cells of a study, but the config is a single run: it has no section 'study'");
      experiment.cells.push_back(resolve_cell(base, {}));
    }
    if (const Node* claims = tree_.find("claims")) read_claims(*claims, experiment);
    read_success_of(experiment);
    drop_repetitions();
    if (!diagnostics_.empty()) throw ConfigError(std::move(diagnostics_));
    return experiment;
  }

  CellSpec part(Part wanted) {
    CellSpec cell;
    cell.resolved = Node::make_map(tree_.position);
    TopSection top;
    read_section(top, only(tree_, {"name", "seed"}), "the config", {});
    cell.seed = top.seed;
    if (const Node* seeds = tree_.find("seeds")) resolve_seeds(*seeds, cell);
    if (wanted == Part::model)
      cell.model = choose("models", "model", tree_, cell, cell.resolved);
    else
      resolve_problem(tree_, cell, wanted == Part::truth);
    drop_repetitions();
    if (!diagnostics_.empty()) throw ConfigError(std::move(diagnostics_));
    return cell;
  }

  std::vector<CellSpec> cells(const std::vector<std::pair<Node, Labels>>& trees) {
    std::vector<CellSpec> cells;
    for (const auto& [tree, labels] : trees) cells.push_back(resolve_cell(tree, labels));
    drop_repetitions();
    if (!diagnostics_.empty()) throw ConfigError(std::move(diagnostics_));
    return cells;
  }

 private:
  void complain(const Position& position, std::string message) {
    diagnostics_.push_back({position, std::move(message)});
  }

  /// What is wrong with a value that several cells have is said once.
  void drop_repetitions() {
    std::set<std::string> said;
    std::erase_if(diagnostics_, [&](const Diagnostic& diagnostic) { return !said.insert(diagnostic.text()).second; });
  }

  static Node only(const Node& map, const std::vector<std::string>& keys) {
    Node result = Node::make_map(map.position);
    for (const Node::Entry& entry : map.entries)
      if (contains(keys, entry.key)) result.entries.push_back(entry);
    return result;
  }

  template <class Section>
  Node read_section(Section& section, const Node& map, const std::string& owner,
                    const std::vector<std::string>& reserved) {
    Parameters parameters;
    section.declare(parameters);
    read_parameters(parameters, map, owner, reserved);
    return written(parameters, map, Node::make_map(map.position));
  }

  /// Reads all parameters; a section of the file that stands inside of another one is told where it belongs.
  void read_parameters(Parameters& parameters, const Node& map, const std::string& owner,
                       const std::vector<std::string>& reserved) {
    Node own = map;
    const std::vector<std::string> known = joined(parameters.names(), reserved);
    for (const Node::Entry& entry : map.entries) {
      if (contains(known, entry.key) || !(contains(cell_keys, entry.key) || contains(file_keys, entry.key))) continue;
      const bool is_value = entry.key == "name" || entry.key == "seed";
      complain(entry.position, fmt::format("'{}' {}belongs at the top of the file, not inside of {}", entry.key,
                                           is_value ? "" : "is a section of its own: it ", owner));
      own.erase(entry.key);
    }
    parameters.read(own, owner, reserved, diagnostics_);
  }

  /// The values that the parameters hold, in the order of their declaration, each with the place where it was given.
  static Node written(const Parameters& parameters, const Node& given, Node resolved) {
    for (const std::string& name : parameters.names()) {
      const Node* const value = given.find(name);
      resolved.set(name, value ? *value : Node{});
    }
    parameters.write(resolved);
    return resolved;
  }

  void check_name(const std::string& name) {
    const Node* given = tree_.find("name");
    if (!names_folder(name))
      complain(given ? given->position : tree_.position,
               fmt::format(
                   "the name '{}'{} cannot name a folder; use up to 100 letters, digits, '_', '-' and '.'{}", name,
                   given ? "" : ", which is that of the file as the config has none,",
                   name.size() > 150 ? fmt::format(", in 150 bytes ({} are {})", excerpt(name, 12), name.size()) : ""));
  }

  void resolve_study(const Node& study, const Node& base, Experiment& experiment) {
    const Grid grid(base, study, cell_keys, selection_, diagnostics_);
    experiment.axes = grid.axes();
    if (study.is_map()) read_rules(study, experiment.rules);
    if (!diagnostics_.empty()) return;
    // Few cells have every value of every axis once: what is wrong with one of them is found before the others are
    // made.
    for (const std::size_t i : grid.cover()) resolve_grid_cell(grid, i, true);
    for (std::size_t i = 0; i < grid.size() && diagnostics_.empty(); ++i)
      if (auto cell = resolve_grid_cell(grid, i, false)) experiment.cells.push_back(std::move(*cell));
    experiment.settings = grid.settings();
    experiment.tuned = tuned_;
    drop_repetitions();
    if (diagnostics_.empty()) check_budgets(experiment);
    for (StudyAxis& axis : experiment.axes) axis.unit = unit_at(axis.path, experiment.cells);
  }

  /// The unit of the parameter at a path, if the cells that have it agree on one.
  std::string unit_at(const std::string& path, const std::vector<CellSpec>& cells) {
    const auto dot = path.find_last_of('.');
    if (dot == std::string::npos) return "";
    const std::string section = path.substr(0, dot), name = path.substr(dot + 1);
    std::set<std::string> units;
    std::set<const Library*> seen;
    if (section == "stop") units.insert(unit_among(document<StopSection>("stop", "").parameters, name));
    for (const CellSpec& cell : cells) {
      const auto pointer = [](const std::optional<PluginSpec>& choice) { return choice ? &*choice : nullptr; };
      const std::pair<const char*, const PluginSpec*> parts[] = {
          {"problem", pointer(cell.problem)},
          {"problem.target", pointer(cell.target)},
          {"problem.operator", &cell.op},
          {"problem.noise", cell.noises.size() == 1 ? &cell.noises.front() : nullptr},
          {"model", &cell.model},
          {"initialization", &cell.initialization},
          {"loss", &cell.loss},
          {"optimizer", &cell.optimizer},
          {"optimizer.step", pointer(cell.step_size)},
          {"perturbation", pointer(cell.perturbation)},
          {"projection", pointer(cell.projection)}};
      for (const auto& [at, choice] : parts) {
        if (at != section || !choice || !choice->library || !seen.insert(choice->library.get()).second) continue;
        Parameters parameters;
        const auto maker = make_maker(*choice->library);
        declare_parameters(*choice->library, *maker, parameters);
        units.insert(unit_among(parameters.all(), name));
      }
    }
    return units.size() == 1 ? *units.begin() : "";
  }

  static std::string unit_among(const std::vector<Parameter>& parameters, const std::string& name) {
    const auto own = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const Parameter& parameter) { return parameter.name == name; });
    return own == parameters.end() ? "" : own->unit_text;
  }

  void read_rules(const Node& study, StudyRules& rules) {
    if (const Node* timing = study.find("timing")) {
      static const std::vector<std::string> words = {"attributed", "solo"};
      rules.solo = timing->scalar == "solo";
      if (!timing->is_scalar() || !contains(words, timing->scalar))
        complain(timing->position, fmt::format("timing must be attributed (runs share passes, and their time) or solo "
                                               "(one run at a time, for honest seconds), but it is {}{}",
                                               timing->description(), did_you_mean(timing->scalar, words)));
    }
    const Node* limits = study.find("limits");
    if (!limits) return;
    if (!limits->is_map() || limits->entries.empty())
      return complain(limits->position,
                      "limits must be a map such as {time: 60 s, memory: 500 MB}, but it is " + limits->description());
    for (const Node::Entry& entry : limits->entries) {
      const bool is_time = entry.key == "time";
      if (!is_time && entry.key != "memory") {
        complain(entry.position, fmt::format("a run has no limit '{}'{}; there are time and memory", excerpt(entry.key),
                                             did_you_mean(entry.key, {"time", "memory"})));
        continue;
      }
      const Units& units = is_time ? times : sizes;
      const auto value = entry.value.is_scalar() ? to_quantity(entry.value.scalar, units) : std::nullopt;
      if (!value)
        complain(entry.value.position,
                 fmt::format("the limit '{}' {}", entry.key,
                             entry.value.is_scalar()
                                 ? must_be_quantity(entry.value.scalar, units)
                                 : "must be a number with a unit, but it is " + entry.value.description()));
      else if (is_time)
        rules.cell_seconds = *value;
      else
        rules.memory = static_cast<std::uint64_t>(std::min(*value, 1e18));
    }
  }

  /// With `all`, every value that may be tuned is tried; else the chosen one or, where none is, one of them.
  std::optional<CellSpec> resolve_grid_cell(const Grid& grid, std::size_t i, bool all) {
    const std::size_t before = diagnostics_.size();
    try {
      std::optional<CellSpec> cell;
      if (const auto setting = grid.setting_of(i)) {
        const TunedSetting& tuned = grid.settings()[*setting];
        const auto chosen =
            std::find_if(tuned_.begin(), tuned_.end(), [&](const Tuned& t) { return t.labels == tuned.labels; });
        std::vector<Node> candidates = tuned.rules->candidates();
        if (chosen != tuned_.end())
          candidates = {chosen->value};
        else if (!all)
          candidates.resize(1);
        for (const Node& value : candidates) cell = resolve_cell(grid.tree(i, &value), grid.labels(i));
        if (cell && chosen == tuned_.end()) cell->key.clear();
      } else {
        cell = resolve_cell(grid.tree(i), grid.labels(i));
      }
      if (diagnostics_.size() == before) return cell;
    } catch (const ConfigError& error) {
      diagnostics_.insert(diagnostics_.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
    // An axis can be right for one method and not for another.
    const auto labels = grid.labels(i);
    const auto method = labels.find("method");
    for (const StudyAxis& axis : grid.axes())
      for (std::size_t d = before; d < diagnostics_.size() && method != labels.end(); ++d) {
        const Position& at = diagnostics_[d].position;
        if (axis.path == "method" || at.file != axis.position.file || at.line != axis.position.line ||
            at.column != axis.position.column)
          continue;
        diagnostics_[d].message += fmt::format(
            "; the axis '{}' reaches method '{}': if only other methods have it, write it as a grid inside of them",
            axis.path, excerpt(method->second));
      }
    return std::nullopt;
  }

  /// Budgets do not name a run, so cells that differ in nothing else would be the same run with two ends.
  void check_budgets(const Experiment& experiment) {
    std::map<std::string, const CellSpec*> runs;
    for (const CellSpec& cell : experiment.cells) {
      if (cell.needs_tuning()) continue;
      const CellSpec& other = *runs.emplace(cell.key, &cell).first->second;
      if (cell.stop.iterations == other.stop.iterations && cell.stop.seconds == other.stop.seconds) continue;
      const Node* stop = cell.resolved.find("stop");
      const Node* budget = stop->find(cell.stop.iterations != other.stop.iterations ? "iterations" : "time");
      return complain(
          budget ? budget->position : stop->position,
          "two cells of the study differ in stop.iterations or stop.time alone, which makes them one run; ask "
          "for the longest and read the others off its trace");
    }
  }

  CellSpec resolve_cell(const Node& tree, std::map<std::string, std::string> labels) {
    CellSpec cell;
    cell.labels = std::move(labels);
    cell.resolved = Node::make_map(tree.position);
    TopSection top;
    const Node resolved_top = read_section(top, only(tree, {"name", "seed"}), "the config", {});
    for (const Node::Entry& entry : resolved_top.entries) cell.resolved.entries.push_back(entry);
    cell.seed = top.seed;
    if (const Node* seeds = tree.find("seeds")) resolve_seeds(*seeds, cell);
    resolve_problem(tree, cell);
    if (cell.problem) {
      for (const char* key : {"model", "loss", "penalty", "perturbation"})
        if (const Node* given = tree.find(key); given && !given->is_null())
          complain(given->position, fmt::format("{} is a whole objective: it has no '{}'; leave that section out",
                                                cell.problem->description(), key));
    } else {
      cell.model = choose("models", "model", tree, cell, cell.resolved);
    }
    cell.initialization = choose("initializations", "initialization", tree, cell, cell.resolved);
    if (!cell.problem) cell.loss = choose("losses", "loss", tree, cell, cell.resolved);
    if (!cell.problem) cell.penalties = choose_some("penalties", "penalty", tree, cell, cell.resolved);
    resolve_optimizer(tree, cell);
    if (has_value(tree, "perturbation") && !cell.problem)
      cell.perturbation = choose("perturbations", "perturbation", tree, cell, cell.resolved);
    if (has_value(tree, "projection")) cell.projection = choose("projections", "projection", tree, cell, cell.resolved);
    if (has_value(tree, "batch")) {
      BatchSection section;
      cell.resolved.set("batch", read_section(section, *tree.find("batch"), "batch", {}));
      cell.batch = section.rule();
      cell.batch_position = tree.find("batch")->position;
    }
    if (has_value(tree, "keep")) resolve_keep(*tree.find("keep"), cell);
    resolve_observers(tree, cell);
    resolve_stop(tree, cell);
    if (diagnostics_.empty()) cell.key = key_of(cell);
    return cell;
  }

  static bool has_value(const Node& map, const char* key) {
    const Node* const node = map.find(key);
    return node && !node->is_null();
  }

  void resolve_keep(const Node& given, CellSpec& cell) {
    const std::string prefix = "smallest ";
    if (!given.is_scalar() || given.scalar.rfind(prefix, 0) != 0 || given.scalar.size() == prefix.size())
      return complain(given.position, "keep must be `smallest COLUMN`, such as smallest validation_error, but it is " +
                                          given.description());
    cell.keep = KeepRule{given.scalar.substr(prefix.size())};
    cell.keep_position = given.position;
    cell.resolved.set("keep", given);
  }

  void resolve_seeds(const Node& given, CellSpec& cell) {
    SeedsSection section;
    read_section(section, given, "seeds", {});
    Node resolved = Node::make_map(given.position);
    const std::pair<const char*, std::optional<Index>> parts[] = {{"target", section.target},
                                                                  {"operator", section.op},
                                                                  {"noise", section.noise},
                                                                  {"initialization", section.initialization}};
    // A part with the run's own seed is drawn as if nothing had been said.
    for (const auto& [part, seed] : parts)
      if (seed && *seed != cell.seed) {
        cell.seeds[part] = *seed;
        resolved.set(part, *given.find(part));
      }
    if (!cell.seeds.empty()) cell.resolved.set("seeds", std::move(resolved));
  }

  void resolve_problem(const Node& tree, CellSpec& cell, bool truth_alone = false) {
    static const Node nothing = Node::make_map({});
    const Node* given = tree.find("problem");
    if (!given) complain(tree.position, "the config needs a section 'problem'");
    if (given && !given->is_map()) {
      complain(given->position, "problem must be a map, but it is " + given->description());
      given = nullptr;
    }
    if (!given) given = &nothing;
    if (const Node* type = given->find("type"); type && !(type->is_scalar() && type->scalar == "sensing"))
      return resolve_other_problem(tree, *type, cell);
    const Node of_truth = only(*given, {"type", "shape", "target"});
    if (truth_alone) given = &of_truth;
    ProblemSection section;
    Node resolved = read_section(section, *given, "problem", {"target", "operator", "noise", "hold_out"});
    resolved.erase("shape");
    resolved.erase("data");
    if (const Node* shape = given->find("shape"); shape && !section.shape.empty()) {
      cell.shape_position = shape->position;
      resolved.set("shape", *shape);
      Index entries = 0;
      if (section.shape.size() == 2 && __builtin_mul_overflow(section.shape[0], section.shape[1], &entries))
        complain(shape->position, fmt::format("a {} × {} matrix has more entries than can be numbered; take a smaller "
                                              "shape",
                                              section.shape[0], section.shape[1]));
      else if (section.shape.size() == 2)
        cell.shape = Shape{section.shape[0], section.shape[1]};
      else
        complain(shape->position, "shape must be [rows, columns], but it is " + shape->description());
    }
    const Node* const data = given->find("data");
    if (data && !section.data.empty()) {
      cell.data_file = section.data;
      cell.data_position = data->position;
      resolved.set("data", *data);
      add_file(cell.files, data->scalar, file_path(*data));
      if (has_value(*given, "noise"))
        complain(given->find("noise")->position,
                 "measured data already have their noise; leave out either 'noise' or 'data'");
    }
    if (given->find("target"))
      cell.target = choose("targets", "target", *given, cell, resolved);
    else if (!data && given != &nothing && !truth_alone)
      complain(given->position, "problem needs a 'target' (the matrix to recover) or measured 'data'");
    else if (data && !given->find("shape"))
      complain(data->position, "measured data alone do not tell the shape of the matrix; add shape: [rows, columns]");
    if (given != &nothing && !truth_alone) cell.op = choose("operators", "operator", *given, cell, resolved);
    cell.noises = choose_some("noises", "noise", *given, cell, resolved);
    if (has_value(*given, "hold_out") && !truth_alone) {
      HoldOutSection hold_out;
      resolved.set("hold_out", read_section(hold_out, *given->find("hold_out"), "hold_out", {}));
      cell.hold_out = hold_out.fraction;
      cell.hold_out_position = given->find("hold_out")->position;
    }
    cell.resolved.set("problem", std::move(resolved));
  }

  /// One plugin, or a list of them that add up.
  std::vector<PluginSpec> choose_some(const std::string& kind, const char* key, const Node& given, CellSpec& cell,
                                      Node& resolved) {
    std::vector<PluginSpec> chosen;
    if (!has_value(given, key)) return chosen;
    const Node& value = *given.find(key);
    if (!value.is_sequence()) return {choose(kind, key, given, cell, resolved)};
    Node list = Node::make_sequence(value.position);
    for (const Node& item : value.items) {
      Node holder = Node::make_map(item.position), one = Node::make_map(item.position);
      holder.set(key, item);
      chosen.push_back(choose(kind, key, holder, cell, one));
      if (const Node* read = one.find(key)) list.items.push_back(*read);
    }
    resolved.set(key, std::move(list));
    return chosen;
  }

  void resolve_other_problem(const Node& tree, const Node& type, CellSpec& cell) {
    const std::vector<std::string>& known = names("problems");
    if (!type.is_scalar() || !contains(known, type.scalar))
      return complain(type.position, fmt::format("there is no type of problem '{}'{}", excerpt(type.scalar),
                                                 did_you_mean_or_list(type.scalar, joined({"sensing"}, known))));
    cell.problem = choose("problems", "problem", tree, cell, cell.resolved);
  }

  static std::string did_you_mean_or_list(const std::string& word, const std::vector<std::string>& words) {
    const std::string hint = did_you_mean(word, words);
    return hint.empty() ? (words.size() == 1 ? "; there is only " : "; there are ") + list_of(words) : hint;
  }

  void resolve_optimizer(const Node& tree, CellSpec& cell) {
    cell.optimizer = choose("optimizers", "optimizer", tree, cell, cell.resolved, {"step"});
    Node* resolved = cell.resolved.find("optimizer");
    const Node* given = tree.find("optimizer");
    if (!resolved || !given) return;
    if (cell.optimizer.maker && !cell.optimizer.maker->takes_step_size()) {
      if (has_value(*given, "step"))
        complain(given->find("step")->position,
                 fmt::format("{} takes no step size: leave out 'step'", cell.optimizer.description()));
      return;
    }
    Node holder = Node::make_map(given->position);
    if (const Node* step = given->find("step")) holder.set("step", *step);
    if (const Node* step = holder.find("step"); step && looks_like_number(*step)) {
      const Node* shorthand = defaults_.find("step");
      const Node* type = shorthand ? shorthand->find("type") : nullptr;
      const Node* parameter = shorthand ? shorthand->find("number") : nullptr;
      if (type && parameter) {
        Node spelt_out = Node::make_map(step->position);
        spelt_out.set("type", Node::make_scalar(type->scalar, step->position));
        spelt_out.set(parameter->scalar, *step);
        holder.set("step", std::move(spelt_out));
      }
    }
    const Node* step = holder.find("step");
    if (!step || step->is_null())
      return complain(step ? step->position : given->position,
                      fmt::format("{} needs 'step': a number, or a step size rule ({}){}", cell.optimizer.description(),
                                  list_of(names("step_sizes")), step ? ", but it is empty" : ""));
    if (step->is_scalar() && is_meant_as_number(step->scalar))
      return complain(
          step->position,
          fmt::format("'step' must be a number such as 0.25 or 1e-3, or a step size rule ({}), but it is {}",
                      list_of(names("step_sizes")), step->description()));
    cell.step_size = choose("step_sizes", "step", holder, cell, *resolved);
  }

  void resolve_observers(const Node& tree, CellSpec& cell) {
    Node resolved = Node::make_sequence(tree.position);
    if (const Node* given = tree.find("observers")) {
      if (!given->is_sequence())
        complain(given->position, "observers must be a list, but it is " + given->description());
      resolved.position = given->position;
      for (const Node& item : given->items) {
        // `- name`, `- {type: name, …}` and `- name: {…}` mean the same.
        Node map = item;
        if (item.is_map() && !item.find("type") && item.entries.size() == 1) {
          const Node::Entry& only_entry = item.entries.front();
          if (!only_entry.value.is_map() && !only_entry.value.is_null()) {
            complain(only_entry.value.position,
                     fmt::format("the settings of observer '{}' must be a map, but they are {}", only_entry.key,
                                 only_entry.value.description()));
            continue;
          }
          map = Node::make_map(item.position);
          map.set("type", Node::make_scalar(only_entry.key, only_entry.position));
          for (const Node::Entry& entry : only_entry.value.entries) map.entries.push_back(entry);
        }
        Node holder = Node::make_map(item.position);
        holder.set("observer", map);
        Node result = Node::make_map(item.position);
        CellSpec::Watched watched;
        watched.choice = choose("observers", "observer", holder, cell, result, {"every"});
        Node* settings = result.find("observer");
        if (!settings) continue;
        if (const Node* every = map.find("every")) {
          read_schedule(*every, watched.choice, watched.schedule);
          settings->set("every", *every);
        }
        resolved.items.push_back(*settings);
        cell.observers.push_back(std::move(watched));
      }
    }
    cell.resolved.set("observers", std::move(resolved));
  }

  void read_schedule(const Node& every, const PluginSpec& choice, Schedule& schedule) {
    schedule.geometric = every.is_scalar() && every.scalar == "geometric";
    if (schedule.geometric) return;
    const auto n = to_index(every);
    if (!n || *n < 1)
      return complain(every.position,
                      fmt::format("'every' of {} must be a whole number of at least 1, or geometric, but it is {}",
                                  choice.description(), every.description()));
    schedule.every = *n;
  }

  void resolve_stop(const Node& tree, CellSpec& cell) {
    const Node* given = tree.find("stop");
    if (!given || given->is_null())
      return complain(given ? given->position : tree.position,
                      "the config needs a section 'stop', e.g. stop: {iterations: 1000}");
    if (!given->is_map())
      return complain(given->position,
                      "stop must be a map such as {iterations: 1000}, but it is " + given->description());
    Node stop = *given;
    read_seconds(stop);
    given = &stop;
    StopSection section;
    Parameters own;
    section.declare(own);
    const std::vector<std::string> own_names = own.names(), observers = names("observers");
    std::vector<std::string> thresholds;
    for (const Node::Entry& entry : given->entries)
      if (!contains(own_names, entry.key))
        read_threshold(entry, joined(own_names, observers), observers, cell, thresholds);
    Node resolved = read_section(section, *given, "stop", thresholds);
    for (const std::string& name : thresholds) resolved.set(name, *given->find(name));
    cell.stop.iterations = section.iterations;
    cell.stop.seconds = section.time;
    cell.stop.divergence = section.divergence;
    if (!section.iterations && !section.time && diagnostics_.empty())
      complain(given->position, "stop needs a limit, 'iterations' or 'time': a threshold alone may never be reached");
    cell.resolved.set("stop", std::move(resolved));
  }

  /// A time with a unit becomes the number of its seconds.
  void read_seconds(Node& stop) {
    Node* const time = stop.find("time");
    if (!time || !time->is_scalar() || to_real(Node::make_scalar(time->scalar, {}))) return;
    if (const auto seconds = to_quantity(time->scalar, times)) {
      *time = Node::make_scalar(shortest(*seconds), time->position);
    } else {
      complain(time->position, "the stop rule 'time' " + must_be_quantity(time->scalar, times));
      stop.erase("time");
    }
  }

  /// A key of `stop` that is not the core's is a column of an observer: one that is listed, or one that looks on for
  /// this rule alone.
  void read_threshold(const Node::Entry& entry, const std::vector<std::string>& known,
                      const std::vector<std::string>& observers, CellSpec& cell, std::vector<std::string>& thresholds) {
    thresholds.push_back(entry.key);
    const auto value = to_real(entry.value);
    if (!value)
      return complain(entry.value.position, fmt::format("the stop rule '{}' must be a number, but it is {}", entry.key,
                                                        entry.value.description()));
    const bool names_observer = contains(observers, entry.key);
    if (!names_observer && nearest(entry.key, known))
      return complain(entry.position,
                      fmt::format("stop has no rule '{}'{}", entry.key, did_you_mean(entry.key, known)));
    cell.stop.thresholds.push_back({entry.key, *value});
    cell.threshold_positions.push_back(entry.position);
    const bool listed =
        std::any_of(cell.observers.begin(), cell.observers.end(), [&](const CellSpec::Watched& watched) {
          return watched.choice.library && watched.choice.library->manifest().name == entry.key;
        });
    if (!names_observer || listed) return;
    Node holder = Node::make_map(entry.position), unused = Node::make_map({});
    holder.set("observer", Node::make_scalar(entry.key, entry.position));
    cell.observers.push_back({choose("observers", "observer", holder, cell, unused), {}, false});
  }

  void read_claims(const Node& claims, Experiment& experiment) {
    if (!claims.is_sequence())
      return complain(claims.position, "claims must be a list, but it is " + claims.description());
    std::vector<Labels> labels;
    for (const CellSpec& cell : experiment.cells) labels.push_back(cell.labels);
    const bool has_all_cells = diagnostics_.empty();  // else nothing is known of what runs there would be
    for (const Node& node : claims.items) {
      const std::size_t before = diagnostics_.size();
      Claim claim = read_claim(node, diagnostics_);
      if (diagnostics_.size() == before && has_all_cells)
        if (auto complaint = undecidable_reason(claim, labels)) {
          // A claim about cells that --only or --skip leaves out is not judged.
          if (selection_.empty()) diagnostics_.push_back(std::move(*complaint));
          continue;
        }
      experiment.claims.push_back(std::move(claim));
    }
  }

  /// What the study says, or else the first stop rule on a recorded column, if all runs have the same.
  void read_success_of(Experiment& experiment) {
    const Node* study = tree_.find("study");
    if (const Node* given = study && study->is_map() ? study->find("success") : nullptr) {
      experiment.success = read_success(*given, diagnostics_);
      return;
    }
    for (const CellSpec& cell : experiment.cells) {
      std::optional<SuccessCriterion> own = success_by_stop_rule(cell);
      if (&cell != &experiment.cells.front() && (!own || own->text() != experiment.success->text())) own.reset();
      experiment.success = std::move(own);
      if (!experiment.success) return;
    }
  }

  static std::optional<SuccessCriterion> success_by_stop_rule(const CellSpec& cell) {
    for (std::size_t i = 0; i < cell.stop.thresholds.size(); ++i) {
      const StopRules::Threshold& rule = cell.stop.thresholds[i];
      const bool is_recorded =
          std::none_of(cell.observers.begin(), cell.observers.end(), [&](const CellSpec::Watched& watched) {
            return !watched.recorded && watched.choice.library &&
                   watched.choice.library->manifest().name == rule.column;
          });
      if (is_recorded)
        return SuccessCriterion{
            rule.column, {Condition::Relation::at_most, rule.at_most, 0}, cell.threshold_positions[i]};
    }
    return std::nullopt;
  }

  void add_file(std::vector<DataFile>& files, const std::string& written, const std::string& path) {
    if (std::error_code ignored; !std::filesystem::is_regular_file(path, ignored)) return;
    std::string& digest = digests_[path];
    if (digest.empty()) digest = sha256_file(path);
    files.push_back({split_member(written).file, path, digest});
  }

  const std::vector<std::string>& names(const std::string& kind) {
    auto& known = names_[kind];
    if (known.empty()) known = catalog_.names(kind);
    return known;
  }

  /// Everything about a node that its resolution can depend on.
  static void append_identity(std::string& text, const Node& node) {
    const auto append_place = [&](const Position& position) {
      text += std::to_string(position.line) + ':' + std::to_string(position.column) + ':' + position.file + '\n';
    };
    text += static_cast<char>('0' + static_cast<int>(node.kind));
    text += node.quoted ? '"' : ' ';
    text += node.scalar + '\n';
    append_place(node.position);
    for (const Node& item : node.items) append_identity(text, item);
    for (const Node::Entry& entry : node.entries) {
      text += entry.key + '\n';
      append_place(entry.position);
      append_identity(text, entry.value);
    }
    text += ';';
  }

  /// The plugin that section `key` of `parent` chooses, its parameters read; the resolved section goes to `resolved`.
  PluginSpec choose(const std::string& kind, const std::string& key, const Node& parent, CellSpec& cell, Node& resolved,
                    const std::vector<std::string>& also = {}) {
    const Node* given = parent.find(key);
    if (!given || given->is_null()) given = defaults_.find(key);
    if (!given) {
      complain(parent.position, fmt::format("'{}' is missing; choose one of {}", key, list_of(names(kind))));
      return {};
    }
    // The cells of a study have most of their sections in common.
    std::string identity = kind + '\n' + key + '\n';
    append_identity(identity, *given);
    auto [known, is_new] = chosen_.try_emplace(std::move(identity));
    if (is_new) known->second.choice = read_choice(kind, key, *given, also, known->second.files);
    const auto& [choice, files] = known->second;
    cell.files.insert(cell.files.end(), files.begin(), files.end());
    if (choice.maker) resolved.set(key, *choice.resolved);
    return choice;
  }

  PluginSpec read_choice(const std::string& kind, const std::string& key, const Node& section,
                         const std::vector<std::string>& also, std::vector<DataFile>& files) {
    PluginSpec choice;
    const Node* given = &section;
    const std::string word = plugin_kind(kind).singular;
    const Node* type = given->is_map() ? given->find("type") : given;
    if (!type) {
      complain(given->position, fmt::format("'{}' needs 'type', one of {}", key, list_of(names(kind))));
      return choice;
    }
    if (!type->is_scalar() || looks_like_number(*type)) {
      complain(type->position,
               fmt::format("'{}' must name one of {}, but it is {}", key, list_of(names(kind)), type->description()));
      return choice;
    }
    choice.position = type->position;
    const std::vector<std::string>& known = names(kind);
    if (!contains(known, type->scalar)) {
      complain(type->position,
               fmt::format("there is no {} '{}'{}", word, type->scalar, did_you_mean_or_list(type->scalar, known)));
      return choice;
    }
    try {
      choice.library = catalog_.find(kind, type->scalar);
      const std::shared_ptr<Maker> maker = make_maker(*choice.library);
      Parameters parameters;
      declare_parameters(*choice.library, *maker, parameters);
      Node map = given->is_map() ? *given : Node::make_map(given->position);
      read_parameters(parameters, map, choice.description(), joined({"type"}, also));
      Node chosen = Node::make_map(given->position);
      chosen.set("type", *type);
      choice.resolved = std::make_shared<const Node>(written(parameters, map, std::move(chosen)));
      for (const Parameter& parameter : parameters.all())
        if (const Node* value = parameter.is_file ? map.find(parameter.name) : nullptr; value && value->is_scalar())
          add_file(files, value->scalar, file_path(*value));
      choice.maker = maker;
    } catch (const ConfigError&) {
      throw;
    } catch (const Error& error) {
      throw Error(error.code(), Diagnostic{type->position, error.what()}.text());
    }
    return choice;
  }

  static std::string key_of(const CellSpec& cell) {
    Node spec = cell.resolved;
    spec.erase("name");
    if (Node* stop = spec.find("stop")) {
      stop->erase("iterations");
      stop->erase("time");
    }
    std::string text = "tightrope " TIGHTROPE_VERSION " " TIGHTROPE_NUMERIC_DIGEST "\n" + to_json(spec, true) + "\n";
    for (const PluginSpec* choice : cell.choices())
      text += choice->description() + " " + choice->library->content_hash() + "\n";
    for (const DataFile& file : cell.files) text += "file " + file.sha256 + "\n";
    return sha256(text);
  }

  const Node& tree_;
  const Catalog& catalog_;
  const Selection& selection_;
  const std::vector<Tuned>& tuned_;
  Node defaults_;
  std::vector<Diagnostic> diagnostics_;
  struct Chosen {
    PluginSpec choice;
    std::vector<DataFile> files;
  };
  std::map<std::string, Chosen> chosen_;                   // by the section's identity
  std::map<std::string, std::vector<std::string>> names_;  // of each kind
  std::map<std::string, std::string> digests_;             // of data files, by path
};

}  // namespace

std::string PluginSpec::description() const {
  if (!library) return "";
  return fmt::format("{} '{}'", plugin_kind(library->manifest().kind).singular, library->manifest().name);
}

std::uint64_t CellSpec::seed_of(const std::string& part) const {
  const auto own = seeds.find(part);
  return own == seeds.end() ? seed : own->second;
}

std::string operator_key(const CellSpec& cell) {
  if (cell.problem) return fmt::format("{} {}", cell.seed, to_json(*cell.problem->resolved, true));
  const std::string shape = cell.shape    ? fmt::format("{} {}", cell.shape->rows, cell.shape->cols)
                            : cell.target ? to_json(*cell.target->resolved, true)
                                          : "";
  return fmt::format("{} {} {}", cell.seed_of("operator"), shape, to_json(*cell.op.resolved, true));
}

std::vector<const PluginSpec*> CellSpec::choices() const {
  std::vector<const PluginSpec*> all;
  for (const std::optional<PluginSpec>* choice : {&problem, &target})
    if (*choice) all.push_back(&**choice);
  for (const std::vector<PluginSpec>* some : {&noises, &penalties})
    for (const PluginSpec& choice : *some) all.push_back(&choice);
  all.insert(all.end(), {&op, &loss, &model, &initialization, &optimizer});
  for (const std::optional<PluginSpec>* choice : {&step_size, &perturbation, &projection})
    if (*choice) all.push_back(&**choice);
  for (const Watched& watched : observers) all.push_back(&watched.choice);
  std::erase_if(all, [](const PluginSpec* choice) { return !choice->library; });
  return all;
}

Experiment resolve_experiment(const Node& tree, const Catalog& catalog, const Selection& selection,
                              const std::vector<Tuned>& tuned) {
  return Resolver(tree, catalog, selection, tuned).run();
}

CellSpec resolve_part(const Node& tree, const Catalog& catalog, Part part) {
  const Selection everything;
  const std::vector<Tuned> nothing;
  return Resolver(tree, catalog, everything, nothing).part(part);
}

std::vector<CellSpec> resolve_cells(const std::vector<std::pair<Node, Labels>>& trees, const Catalog& catalog) {
  if (trees.empty()) return {};
  const Selection everything;
  const std::vector<Tuned> nothing;
  return Resolver(trees.front().first, catalog, everything, nothing).cells(trees);
}

namespace {

/// The keys of `study:`, which are maps and lists rather than parameters.
std::vector<Parameter> study_parameters() {
  const auto described = [](const char* name, const char* type, const char* doc) {
    Parameter parameter;
    parameter.name = name;
    parameter.type = type;
    parameter.doc = doc;
    return parameter;
  };
  return {
      described(
          "methods", "map",
          "name → what differs, laid over the file; a method may have a `grid` of its own, for axes that others lack"),
      described("list", "list of maps", "rows {PATH: VALUE, …} of values that belong together"),
      described("zip", "map", "PATH → VALUES, all equally long: they advance together"),
      described("grid", "map", "PATH → VALUES: every combination"),
      described("repetitions", "whole number or list",
                "how often each cell is run with other random numbers, or the seeds; the first repetition has the "
                "file's seed"),
      described("share", "list", "what repetitions do not draw again: target, operator, noise, initialization"),
      described("set", "map", "PATH → one value for all cells, above everything else; `--set` writes it"),
      described("tune", "map",
                "{path: PATH, over: VALUES, for: QUANTITY, repetitions: 2, stop: {…}}: a value, such as the step, that "
                "trials choose before the cells are run; see above"),
      described("timing", "word",
                "attributed (default): runs that share passes share their time; solo: one run at a time with all "
                "threads, for honest seconds"),
      described(
          "limits", "map",
          "{time: 60 s, memory: 500 MB}: a run that takes more has failed; ms, s, min, h, d, and B, kB, MB, GB, TB, "
          "KiB, MiB, GiB, TiB"),
      described("where", "map", "AXIS → CONDITION: keep the cells for which all hold"),
      described("exclude", "map or list of maps", "AXIS → CONDITION: drop the cells for which all of a map hold"),
      described("success", "comparison",
                "COLUMN < BOUND (or <=, >, >=), reached by the first recorded value for which it holds; default: the "
                "first stop rule on a recorded column, if all runs have the same")};
}

}  // namespace

std::vector<Parameter> common_parameters(const Library& library) {
  const std::string kind = library.manifest().kind;
  if (kind == Observer::kind) return document<ObserverSection>("", "").parameters;
  if (kind != Optimizer::kind || !make_maker(library)->takes_step_size()) return {};
  Parameter step;
  step.name = "step";
  step.type = "number or step size";
  step.doc = "how far to go: a step size rule, or a bare number";
  step.is_required = true;
  step.example_text = "0.25";
  return {step};
}

std::vector<SectionDoc> config_reference() {
  return {
      document<TopSection>(
          "config",
          "The top level of a file. Besides these keys it has the sections seeds, problem, model, initialization, "
          "loss, optimizer, perturbation, projection, batch, stop, keep, observers, claims and study, and "
          "`plugin_path`, a folder with plugins or a list of such folders, which is heeded only with "
          "`--allow-plugin-path`."),
      document<SeedsSection>(
          "seeds",
          "Parts of a run that are drawn from another seed than its own, to keep them while the rest is drawn again."),
      document<ProblemSection>(
          "problem",
          "What is to be recovered, and how it is seen. Besides these keys it has target, operator, noise and "
          "hold_out. The measurements are y = A(X*), plus noise if there is any, or what the file `data` holds. "
          "`noise` is a noise or a list of them, each on top of those before."),
      document<HoldOutSection>(
          "problem.hold_out",
          "Measurements kept apart, to tell when a run has learnt enough. Neither the run nor its start sees them."),
      {"model, initialization, loss, optimizer",
       "One plugin each. An optimizer that goes along a direction also has `step`: a step size rule, or a bare number, "
       "which is short for the rule that the [defaults](#defaults) name; the others take none.",
       {}},
      {"perturbation, projection",
       "One plugin each, or none: what is added to the gradient with respect to X, and what every iteration ends with.",
       {}},
      document<BatchSection>(
          "batch",
          "Makes each iteration see a part of the measurements, or of a problem's samples: value and gradient are "
          "those "
          "of the part times the number of batches. Of an operator with `storage: generated` the data are made with "
          "the batch, and observers of all data are refused."),
      {"keep",
       "`smallest COLUMN`: of the recorded iterates, the first one where that column is smallest is stored beside the "
       "last, as `kept_…` in final.npz and with its values in record.json.",
       {}},
      document<StopSection>(
          "stop",
          "Rules that end a run; any one that is met does. Every other key is a column of an observer with a "
          "threshold: the run has converged when the column is at most that number. At least one limit "
          "(iterations or time) is required."),
      document<ObserverSection>(
          "observers", "A list of observers, each a name or a name with its parameters. This key is common to all."),
      {"study",
       "Makes the file a study: the cells are the product methods × list × zip × grid × repetitions. PATH is any path "
       "of "
       "the file, such as problem.target.condition, or optimizer for a whole section. VALUES is a list, or a range: "
       "`log(1e-6, 1e-2, 5)`, `linear(0.1, 1, 10)`, `integers(1, 8)`, `integers(1, 9, 2)` (in quotes inside of braces "
       "and "
       "brackets); values between the ends are rounded to six digits. An axis is called by the last part of its path, "
       "or "
       "by as many parts as tell it apart. CONDITION is a value, a list of values, or a comparison such as `>= 3` or, "
       "with another axis, `< target.rank`; a condition on an axis that a cell does not have does not hold. What lies "
       "on "
       "what: file, method, axes (those of a section before those of its parts), set. All methods see the same "
       "operator, "
       "truth, noise and start in the same repetition, and nothing that is added to a study changes the numbers of "
       "what "
       "was there. Cells that share an operator run together, in one pass over it. `--only` and `--skip` pick cells of "
       "a study, and `--set PATH=VALUE,VALUE` adds an axis.\n\n"
       "`tune` chooses a value of each method by trials, for each setting (cells that differ in the repetition alone) "
       "on "
       "its "
       "own, before the cells are run. The trials are runs like others, stored beside the cells, but no part of the "
       "results: with `repetitions` seeds (2) that no cell has, the same for all methods, and `stop` laid over the "
       "stop "
       "rules. `over` is a list or a range of values, each of which is tried; the one with the smallest median of "
       "`for` "
       "wins: `iterations to COLUMN < BOUND`, `passes to COLUMN < BOUND`, `final COLUMN` or `smallest COLUMN`. Where "
       "runs "
       "do not get there, the last value of the column decides, and of equals the smaller one wins. `over: {bisect: "
       "[0.01, "
       "4], trials: 8, take: 0.9}` looks for the largest stable value instead, with which no trial diverges or ends "
       "above "
       "its start, by that many values between the two, and takes that share of it. A method may write `tune: none`, "
       "or "
       "keys "
       "that differ. The cells are then the same as with the value written in the file; `run`, `show` and run.json say "
       "what "
       "each method got and what its trials took. `timing: solo` and `limits` are for `--solo`, `--cell-time` and "
       "`--cell-memory`, which win over them, as `-j` does over `timing`; they are no part of a cell.",
       study_parameters()}};
}

}  // namespace tightrope
