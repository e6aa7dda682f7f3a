#include "core/claims/reading/schema.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/text/word_list.hpp"
#include "core/claims/condition_form.hpp"
#include "core/claims/topic.hpp"

namespace tightrope {

namespace {

using Json = nlohmann::ordered_json;

// --- regular expressions of words, one after the other ---

const std::string number = R"([-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)", comparison = R"((<|<=|>|>=)\s+)" + number,
                  deviation = R"(deviation\s+of\s+\S+\s+from\s+\S+)";

std::string spaced(const Words& words) { return fmt::format("{}", fmt::join(words, R"(\s+)")); }
std::string either(const Words& words) { return fmt::format("({})", fmt::join(words, "|")); }
Json like(const std::string& expression) {
  return {{"type", "string"}, {"pattern", R"(^\s*)" + expression + R"(\s*$)"}};
}

/// What stands in a pattern's place; `is_goal`: nothing that another machine would measure differently.
std::string expression_of(const std::string& pattern, bool is_goal) {
  Words clocks, parts;
  for (const Clock& clock : costs())
    if (!is_goal || clock.is_reproducible) clocks.push_back(clock.name);
  bool has_column = false;
  for (const std::string& slot : words_of(pattern)) {
    if (slot == "BOUND") continue;  // with its relation
    parts.push_back(slot == "COLUMN"      ? has_column || is_goal ? R"(\S+)" : either({deviation, R"(\S+)"})
                         : slot == "CLOCK" ? either(clocks)
                    : slot == "ITERATION" ? R"(\d+)"
                    : slot == "<"         ? comparison
                                          : slot);
    has_column = has_column || slot == "COLUMN";
  }
  return spaced(parts);
}

template <class IsMeant>
std::string quantities(const IsMeant& is_meant, bool is_goal = false) {
  Words all;
  for (const QuantityForm& form : quantity_forms())
    if (is_meant(form)) {
      for (const std::string& pattern : form.patterns) all.push_back(expression_of(pattern, is_goal));
      if (!form.spelling.empty()) all.push_back(expression_of(form.spelling, is_goal));
    }
  return either(all);
}

template <class IsMeant>
std::string conditions(const IsMeant& is_meant) {
  Words all;
  for (const ConditionForm& form : condition_forms())
    if (is_meant(form)) all.insert(all.end(), form.words.begin(), form.words.end());
  return either(all);
}

/// All topics of a kind, of these quantities.
template <class IsMeant>
std::string topics(const std::string& quantity, const IsMeant& is_meant) {
  Words all;
  for (const TopicForm& form : topic_forms()) {
    if (!is_meant(form)) continue;
    Words parts;
    for (const std::string& slot : words_of(form.pattern))
      if (slot != "BOUND")
        parts.push_back(slot == "QUANTITY" ? form.takes_column ? either({quantity, R"(\S+)"}) : quantity
                        : slot == "<"      ? comparison
                        : slot == "LABEL"  ? R"(\S+)"
                                           : slot);
    all.push_back(spaced(parts));
  }
  return either(all);
}
std::string answers_of(const TopicForm& form) { return fmt::format(R"({0}(\s+or\s+{0})*)", either(form.answers)); }

// --- schemas of a claim as a whole ---

/// Of a map in which the key has a value of this schema, or is not there.
Json at(const std::string& key, Json schema) { return {{"properties", {{key, std::move(schema)}}}}; }
Json is(const std::string& expression) { return at("is", like(expression)); }
Json that(const std::string& expression) { return at("that", like(expression)); }
Json both(Json one, Json other) { return {{"allOf", {std::move(one), std::move(other)}}}; }
Json no(Json schema) { return {{"not", std::move(schema)}}; }
Json has(const std::string& key) { return {{"required", {key}}}; }
Json when(Json condition, Json then) { return {{"if", std::move(condition)}, {"then", std::move(then)}}; }

/// The key has a place only where the condition holds.
Json only(const std::string& key, Json condition) {
  return {{"if", std::move(condition)}, {"then", true}, {"else", at(key, false)}};
}
/// It is needed there, too.
Json there(const std::string& key, Json condition) {
  return {{"if", std::move(condition)}, {"then", has(key)}, {"else", at(key, false)}};
}

/// Which keys go together, once `that` and `is` can be read.
Json rules_of_keys() {
  const auto all = [](const auto&) { return true; };
  const auto is_form = [](const auto& is_meant) { return is(conditions(is_meant)); };
  const std::string quantity = quantities(all),
                    window = quantities([](const QuantityForm&own) { return own.has_window; });
  const Json compared = has("compared with"),
             answered = that(topics(quantity, [](const TopicForm&own) { return bool(own.answer); })),
             of_setting = that(topics(quantity, [](const TopicForm&own) { return bool(own.of_setting); })),
             fit = that(topics(quantity, [](const TopicForm&own) { return own.law.has_value(); })),
             single = no({{"anyOf", {of_setting, fit}}}), no_form = no(is_form(all));
  Json list = Json::array();
  const auto refuse_is = [&](Json where, const std::string& words) {
    list.push_back(when(std::move(where), at("is", no(like(words)))));
  };
  refuse_is(of_setting, conditions(all));
  refuse_is(fit, conditions([](const ConditionForm& own) { return !own.is_of_fit(); }));
  refuse_is(single, conditions([](const ConditionForm& own) { return own.is_of_fit(); }));
  const Json pairs = is_form([](const ConditionForm& own) { return own.is_of_pairs; });
  list.push_back(only("compared with", {{"allOf", {single, no(answered), {{"anyOf", {no_form, pairs}}}}}}));
  list.push_back(only("relative to", no(answered)));
  list.push_back(only("of", {{"allOf", {single, no_form, no(compared)}}}));
  for (const char* key : {"from", "to"})
    list.push_back(only(key, that(either({window, topics(window, [](const TopicForm& own) { return !own.answer; })}))));
  Words keys;
  for (const ConditionForm& form : condition_forms())
    if (!form.is_of_fit() && std::count(keys.begin(), keys.end(), form.axis_key) == 0) keys.push_back(form.axis_key);
  for (const std::string& key : keys) {
    const auto has_key = [&](const ConditionForm& own) { return own.axis_key == key; };
    const Json alone = is_form([&](const ConditionForm& own) { return has_key(own) && !own.is_of_pairs; });
    const Json paired = is_form([&](const ConditionForm& own) { return has_key(own) && own.is_of_pairs; });
    list.push_back(there(key, {{"anyOf", {alone, both(paired, no(compared))}}}));
  }
  list.push_back(there("up to", is_form([](const ConditionForm& own) { return own.has_tolerance; })));
  list.push_back(only("p", both(compared, is(comparison))));
  return list;
}

}  // namespace

Json claim_schema() {
  const auto all = [](const auto&) { return true; };
  const std::string quantity = quantities(all);
  const std::string condition = either({comparison, spaced({"between", number, "and", number}), conditions(all)});
  const Json scalar = {{"type", {"string", "number", "boolean"}}},
             iteration = {{"type", "integer"}, {"minimum", 0}, {"maximum", std::int64_t{9007199254740992}}};
  Json schema = {{"type", "object"}, {"required", {"that", "is"}}, {"additionalProperties", false}};
  Json& properties = schema["properties"];
  const auto add = [&](const std::string& key, Json value, const char* doc) {
    properties[key] = std::move(value);
    properties[key]["description"] = doc;
  };
  add("that", like(either({quantity, topics(quantity, all)})),
      "QUANTITY: a number of each run, such as final relative_error");
  add("relative to", like(quantity), "QUANTITY of the same run, as divisor");
  add("where", {{"type", "object"}, {"minProperties", 1}}, "LABEL → value, or list of values: the runs that are meant");
  properties["where"]["additionalProperties"] = {
      {"type", {"string", "number", "boolean", "array"}}, {"minItems", 1}, {"items", scalar}};
  add("compared with", {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", scalar}},
      "LABEL → value: the ratio to the runs that differ in these labels alone");
  add("of", {{"enum", {"every run", "some run", "median", "mean"}}}, "which of the repetitions");
  add("is", {{"type", "string"}}, "CONDITION: < 1e-3, between 0.9 and 1.1, increasing, equal");
  add("up to", like(R"(\+?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*%)"), "how large a difference may be, such as 5 %");
  add("from", iteration, "the first iteration that is looked at");
  add("to", iteration, "the last iteration that is looked at");
  add("p", {{"type", "number"}, {"exclusiveMinimum", 0}, {"exclusiveMaximum", 1}},
      "level of Wilcoxon's signed-rank test of the repetitions in each setting");
  for (const ConditionForm& form : condition_forms())
    if (!form.is_of_fit()) add(form.axis_key, scalar, form.axis_meaning.c_str());
  Json keys = Json::array();
  for (const auto& [key, value] : properties.items()) keys.push_back(key);
  Json rules = Json::array(), is_answered = Json::array();
  Words expected = {condition};
  for (const TopicForm& form : topic_forms()) {
    if (!form.answer) continue;
    is_answered.push_back(both(has("that"), that(form.pattern)));
    expected.push_back(answers_of(form));
    rules.push_back(when(is_answered.back(), is(expected.back())));
  }
  rules.push_back(when(no({{"anyOf", is_answered}}), is(condition)));
  const Json is_readable = {both(has("that"), has("is")),
                            at("that", properties["that"]),
                            is(either(expected)),
                            {{"propertyNames", {{"enum", keys}}}}};
  rules.push_back(when({{"allOf", is_readable}}, {{"allOf", rules_of_keys()}}));
  schema["allOf"] = rules;
  return schema;
}

const Words& claim_keys() {
  static const Words keys = [] {
    Words all;
    const Json schema = claim_schema();
    for (const auto& [key, value] : schema["properties"].items()) all.push_back(key);
    return all;
  }();
  return keys;
}

Json goal_schema() {
  return like(quantities([](const QuantityForm& own) { return own.is_goal; }, true));
}
Json success_schema() { return like(R"(\S+\s+)" + comparison); }

}  // namespace tightrope
