// Topics: what a claim speaks of beside a quantity of each run. Their forms are the files of core/claims/topics.
#pragma once

#include "core/claims/claim.hpp"

namespace tightrope {

struct ClaimSubject;

/// A form is words as they are written and, in capitals, what stands in their place: QUANTITY, `< BOUND` (any
/// relation), LABEL (of runs that differ in it). One of `law`, `of_setting` and `answer` says what it comes to.
struct TopicForm {
  std::string pattern;           // how it is written
  std::string name;              // in messages: "a success"
  std::string example, meaning;  // a claim, and what it says
  bool takes_column = false;     // COLUMN in the place of QUANTITY is `final COLUMN`
  std::optional<Law> law = {};   // fitted to the runs of a setting, over LABEL
  /// What the values of a setting's repetitions come to.
  std::function<Measured(const Claim&, const std::vector<Measured>&)> of_setting = {};
  /// Which of the answers, the words that `is` may have, is true of a run.
  std::function<std::string(const ClaimSubject&)> answer = {};
  Words answers = {};
  std::string question = {};  // that they are answers to: "how a run ends"
};

/// All topics: NAME.cpp of core/claims/topics defines `TopicForm NAME_topic_form()`.
const std::vector<TopicForm>& topic_forms();
std::vector<TopicForm> topic_forms_of_all_files();
/// The topic that is the slope of a law over LABEL.
TopicForm fit_topic(Law law);

}  // namespace tightrope
