// tightrope VERB …: finds the verb, parses its options, turns errors into messages and exit codes.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>

#include "core/base/asked.hpp"
#include "core/base/failure.hpp"
#include "core/base/utf8.hpp"
#include "core/cli/pages.hpp"
#include "core/study/workers/worker.hpp"

namespace tightrope::cli {

/// Written by CMake: what each file of verbs/ defines.
std::vector<Verb> verbs_of_all_files();

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = [] {
    // As one meets them. What is not in this list comes behind, by name.
    static const std::vector<std::string> order = {"run",    "plan",    "check",  "list",   "describe", "new",
                                                   "show",   "compare", "report", "export", "watch",    "work",
                                                   "verify", "doctor",  "help",   "version"};
    const auto place = [](const Verb& verb) { return std::ranges::find(order, verb.name) - order.begin(); };
    std::vector<Verb> found = verbs_of_all_files();
    std::ranges::stable_sort(found, [&](const Verb& a, const Verb& b) { return place(a) < place(b); });
    return found;
  }();
  return all;
}

namespace {

Call parse(const Verb& verb, const std::vector<std::string>& arguments) {
  const po::options_description options = options_of(verb);
  po::options_description all;
  all.add(options);
  all.add_options()("positional", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("positional", -1);
  Call call;
  // No guessing of abbreviated names: a new option must not change what an old command line means.
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  try {
    po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), call.options);
  } catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const auto& option : options.options()) known.push_back("--" + option->long_name());
    throw Error(Exit::config,
                fmt::format("{} has no option '{}'{}; see 'tightrope {} -h'", verb.name, error.get_option_name(),
                            did_you_mean(error.get_option_name(), known), verb.name));
  } catch (const po::error& error) {
    throw Error(Exit::config, fmt::format("{}; see 'tightrope {} -h'", error.what(), verb.name));
  }
  call.quiet = call.options.count("quiet") > 0;
  if (call.options.count("positional")) call.positional = call.texts("positional");
  if (!verb.formats.empty()) {
    call.format = call.text("format");
    if (std::ranges::find(verb.formats, call.format) == verb.formats.end())
      throw Error(Exit::config, fmt::format("{} cannot print the format '{}'{}; it can: {}", verb.name, call.format,
                                            did_you_mean(call.format, verb.formats), fmt::join(verb.formats, ", ")));
  }
  return call;
}

Exit dispatch(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments[0] == "-h" || arguments[0] == "--help") arguments = {"help"};
  // Not a verb for people, either: what shells ask while somebody types.
  if (arguments[0] == "complete") {
    for (const std::string& line : completions({arguments.begin() + 1, arguments.end()})) std::cout << line << "\n";
    return Exit::ok;
  }
  if (arguments[0] == "-V" || arguments[0] == "--version") arguments = {"version"};
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) {
    names.push_back(verb.name);
    if (verb.name != arguments[0]) continue;
    const Call call = parse(verb, {arguments.begin() + 1, arguments.end()});
    if (call.options.count("help")) {
      std::cout << help_of(verb);
      return Exit::ok;
    }
    if (call.positional.size() < verb.least || call.positional.size() > verb.most)
      throw Error(
          Exit::config,
          fmt::format("{}{}; see 'tightrope {} -h'",
                      verb.most == 0 ? verb.name + " takes no arguments" : verb.name + " takes " + verb.arguments,
                      call.positional.empty() ? ", but nothing was given"
                                              : fmt::format(", but here is '{}'", fmt::join(call.positional, " ")),
                      verb.name));
    if (std::ranges::find(call.positional, "") != call.positional.end())
      throw Error(Exit::config, fmt::format("{} takes {}, but an empty name was given", verb.name, verb.arguments));
    return verb.run(call);
  }
  throw Error(Exit::config, fmt::format("there is no verb '{}'{}; see 'tightrope help'", arguments[0],
                                        did_you_mean(arguments[0], names)));
}

/// Whether whoever read what is printed has gone, as `head` does when it has seen enough.
bool is_broken_pipe(int descriptor) {
  pollfd stream{descriptor, POLLOUT, 0};
  return poll(&stream, 1, 0) == 1 && (stream.revents & (POLLERR | POLLHUP)) != 0;
}

int guarded_main(const std::vector<std::string>& arguments) {
  const auto fail = [](Exit code, const std::string& message) {
    std::cout.flush();
    std::cerr << escape_bytes(message) << (message.empty() || message.back() != '\n' ? "\n" : "");
    return static_cast<int>(code);
  };
  try {
    const Exit code = dispatch(arguments);
    std::cout.flush();
    if (std::cout) return static_cast<int>(code);
    const int reason = errno;
    // As if the signal had ended the program; but all was done before, so that nothing is lost.
    if (is_broken_pipe(STDOUT_FILENO)) return 128 + SIGPIPE;
    return fail(Exit::resources,
                fmt::format("tightrope: error: standard output cannot be written: {}", std::strerror(reason)));
  } catch (const Interrupted& interruption) {
    fail(Exit::ok, interruption.what());
    return interruption.exit_code();
  } catch (...) {
    const Error error = current_failure();
    const std::string text = error.what();
    const bool is_complete = text.starts_with("error: ") || text.find(": error: ") != std::string::npos;
    return fail(error.code(), is_complete ? text : "tightrope: error: " + text);
  }
}

/// Where a standard stream is closed, the next file that is opened would take its number, and what is printed would
/// go into that file. Reading what is only for writing, and the other way round, fails as a closed stream does.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) == -1 && errno == EBADF) open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace

std::string lines_of_kinds() {
  std::string lines;
  std::size_t length = 0;
  for (const PluginKind& kind : plugin_kinds()) {
    const std::string word = kind.folder;
    if (!lines.empty()) lines += length + word.size() > 100 ? ",\n" : ", ";
    length = lines.size() - (lines.rfind('\n') == std::string::npos ? 0 : lines.rfind('\n') + 1) + word.size();
    lines += word;
  }
  return lines;
}

std::vector<std::pair<std::string, std::string>> exit_codes() {
  return {{"0", "all good"},
          {"1", "a run failed, or diverged without a claim that says so, or a claim is false"},
          {"2", "usage or config"},
          {"3", "plugin"},
          {"4", "integrity: a stored result is damaged or differs"},
          {"5", "resources: memory, disk, permission"},
          {"6", "the study is locked by another process"},
          {"70", "a fault of this program: please report it"},
          {"128 + n", "ended by signal n"}};
}

po::options_description options_of(const Verb& verb) {
  po::options_description options("options", 100, 60);
  if (verb.declare) verb.declare(options);
  std::string formats;
  for (const std::string& format : verb.formats) formats += (formats.empty() ? "" : ", ") + format;
  if (!verb.formats.empty())
    options.add_options()("format", po::value<std::string>()->default_value(verb.formats.front())->value_name("FORMAT"),
                          formats.c_str());
  options.add_options()("quiet,q", "no progress and no summary, errors alone")("help,h", "this page");
  return options;
}

std::string help_of(const Verb& verb) {
  std::ostringstream text;
  text << "tightrope " << verb.name << (verb.arguments.empty() ? "" : " ") << verb.arguments << "\n  " << verb.summary
       << "\n";
  if (!verb.text.empty()) text << "\n" << verb.text << "\n";
  text << "\n" << options_of(verb);
  std::string page = text.str();
  // program_options leaves a blank where it breaks a line.
  for (std::size_t at; (at = page.find(" \n")) != std::string::npos;) page.erase(at, 1);
  return page;
}

}  // namespace tightrope::cli

/// What core/base/start.cpp calls as the first thing of ours.
extern "C" int tightrope_main(int argc, char** argv) {
  tightrope::cli::occupy_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an output error like any other
  std::signal(SIGXFSZ, SIG_IGN);
  tightrope::use_one_blas_thread();
  // Not a verb for people: how a study starts its worker processes, with a pipe to it.
  if (argc == 2 && std::strcmp(argv[1], "worker") == 0 && fcntl(tightrope::worker_reports, F_GETFD) != -1)
    return tightrope::run_worker();
  tightrope::announce_crashes();
  return tightrope::cli::guarded_main({argv + 1, argv + argc});
}
