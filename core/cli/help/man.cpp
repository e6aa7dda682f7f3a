// The manual page, from what the verbs say of themselves.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>

#include "core/base/header_digest.hpp"
#include "core/base/text/utf8.hpp"
#include "core/cli/help/pages.hpp"

namespace tightrope::cli {

namespace {

/// Plain text for roff: its own signs, and all that is not ASCII, are spelt out, so that every reader shows the same.
std::string escaped(const std::string& text) {
  static const std::map<char32_t, const char*> signs = {{U'\\', "\\e"},  {U'-', "\\-"},   {U'\'', "\\(aq"},
                                                        {U'`', "\\(ga"}, {U'^', "\\(ha"}, {U'~', "\\(ti"}};
  std::string result;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::max<std::size_t>(utf8_length(rest), 1))) {
    const char32_t c = utf8_length(rest) > 0 ? utf8_character(rest) : U'?';
    if (const auto sign = signs.find(c); sign != signs.end())
      result += sign->second;
    else if (c < 128)
      result += static_cast<char>(c);
    else
      result += fmt::format("\\[u{:04X}]", static_cast<unsigned>(c));
  }
  return result.starts_with('.') ? "\\&" + result : result;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }

/// Lines flow together but for those that are indented, which stay as they are.
std::string paragraphs(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  bool is_literal = false;
  for (std::string line; std::getline(lines, line);) {
    const bool wants_literal = line.starts_with(" ");
    if (line.empty()) {
      result += is_literal ? "" : ".PP\n";
      continue;
    }
    if (wants_literal != is_literal) result += wants_literal ? ".PP\n.nf\n" : ".fi\n.PP\n";
    is_literal = wants_literal;
    result += escaped(line) + "\n";
  }
  return result + (is_literal ? ".fi\n" : "");
}

std::string options_of_page(const Verb& verb) {
  std::string result;
  const po::options_description options = options_of(verb);
  for (const auto& option : options.options()) {
    const std::string brief = option->canonical_display_name(po::command_line_style::allow_dash_for_short);
    result += ".TP\n";
    if (brief.starts_with("-") && !brief.starts_with("--")) result += bold(brief) + ", ";
    result += bold("--" + option->long_name());
    if (option->semantic()->max_tokens() > 0) result += " \\fI" + escaped(option->format_parameter()) + "\\fR";
    result += "\n" + escaped(option->description()) + "\n";
  }
  return result;
}

}  // namespace

std::string man_page() {
  std::string page = fmt::format(
      ".TH TIGHTROPE 1 \"\" \"Tightrope {}\" \"User Commands\"\n.SH NAME\n"
      "tightrope \\- low\\-rank recovery by factorised gradient methods\n"
      ".SH SYNOPSIS\n.B tightrope\n.I VERB\n[\\fIARGUMENT\\fR \\&.\\|.\\|.]\n"
      ".SH DESCRIPTION\n"
      "Runs experiments that YAML files describe: a matrix, how it is seen, a model, a start and a method, each of "
      "them a "
      "plugin.\nResults go to standard output, progress and messages to standard error.\n"
      ".SH VERBS\n",
      TIGHTROPE_VERSION);
  for (const Verb& verb : verbs()) {
    page +=
        ".SS tightrope " + escaped(verb.name) + (verb.arguments.empty() ? "" : " ") + escaped(verb.arguments) + "\n";
    page += escaped(verb.summary) + ".\n";
    if (!verb.text.empty()) page += ".PP\n" + paragraphs(verb.text);
    page += options_of_page(verb);
  }
  page += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_codes()) page += fmt::format(".TP\n{}\n{}\n", bold(code), escaped(meaning));
  page += ".SH ENVIRONMENT\n";
  for (const auto& [name, meaning] :
       {std::pair{"TIGHTROPE_PLUGIN_PATH",
                  "folders with plugins, separated by colons, searched before those that came with the program"},
        {"TIGHTROPE_SET",
         "assignments PATH=VALUE, separated by semicolons, laid over the config before those of --set"},
        {"XDG_CACHE_HOME", "its folder tightrope/ remembers which plugins have been tried; default: ~/.cache"}})
    page += fmt::format(".TP\n{}\n{}\n", bold(name), escaped(meaning));
  return page + ".SH SEE ALSO\nThe pages in share/doc/tightrope of the installation, README.md first.\n";
}

}  // namespace tightrope::cli
