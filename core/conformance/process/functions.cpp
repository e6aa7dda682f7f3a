#include "core/conformance/process/functions.hpp"

#include <cxxabi.h>
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <regex>
#include <set>

namespace tightrope {

namespace {

template <class Entry>
std::optional<Entry> entry_at(const std::string& bytes, std::uint64_t offset) {
  if (offset > bytes.size() || sizeof(Entry) > bytes.size() - offset) return std::nullopt;
  Entry entry;
  std::memcpy(&entry, bytes.data() + offset, sizeof entry);
  return entry;
}

std::string readable(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  std::string name = plain ? plain.get() : symbol;
  for (std::size_t at; (at = name.find("(anonymous namespace)::")) != std::string::npos;) name.erase(at, 23);
  return name.substr(0, name.find('('));
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Calls visit(symbol, its name as it stands in the file) for every symbol, until it answers true.
template <class Visit>
void visit_symbols(const std::string& bytes, const Visit& visit) {
  const auto header = entry_at<Elf64_Ehdr>(bytes, 0);
  if (!header) return;
  for (const Elf64_Word table : {Elf64_Word{SHT_SYMTAB}, Elf64_Word{SHT_DYNSYM}})
    for (unsigned i = 0; i < header->e_shnum; ++i) {
      const auto section = entry_at<Elf64_Shdr>(bytes, header->e_shoff + std::uint64_t{i} * sizeof(Elf64_Shdr));
      if (!section || section->sh_type != table) continue;
      const auto names =
          entry_at<Elf64_Shdr>(bytes, header->e_shoff + std::uint64_t{section->sh_link} * sizeof(Elf64_Shdr));
      if (!names) continue;
      for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= section->sh_size; at += sizeof(Elf64_Sym)) {
        const auto symbol = entry_at<Elf64_Sym>(bytes, section->sh_offset + at);
        const std::uint64_t name = symbol ? names->sh_offset + symbol->st_name : bytes.size();
        if (name < bytes.size() && visit(*symbol, std::string(bytes.c_str() + name))) return;
      }
    }
}

constexpr const char* clock_text = "it reads the clock ({}), but what a run computes depends on its config alone";
constexpr const char* random_text =
    "it has random numbers of its own ({}), but they come from the stream of the Context alone, so that the seed of an "
    "experiment decides them";

std::string in_words(const char* text, const std::string& what) {
  std::string words = text;
  return words.replace(words.find("{}"), 2, what);
}

}  // namespace

std::string function_at(const std::filesystem::path& file, std::uint64_t offset) {
  std::string function;
  visit_symbols(bytes_of(file), [&](const Elf64_Sym& symbol, const std::string& name) {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_value > offset ||
        offset >= symbol.st_value + symbol.st_size)
      return false;
    function = readable(name);
    return true;
  });
  return function;
}

std::vector<std::string> undetermined_sources(const std::filesystem::path& file) {
  const std::string bytes = bytes_of(file);
  std::set<std::string> found;
  if (file.extension() == ".py") {
    static const std::regex clock(R"(\b(import|from)\s+(time|datetime)\b)"),
        random(R"(\b(import|from)\s+(random|secrets)\b|\b(np|numpy)\.random\b)");
    std::smatch match;
    if (std::regex_search(bytes, match, clock)) found.insert(in_words(clock_text, match[0]));
    if (std::regex_search(bytes, match, random)) found.insert(in_words(random_text, match[0]));
    return {found.begin(), found.end()};
  }
  static const std::set<std::string> clocks = {"std::chrono::_V2::steady_clock::now",
                                               "std::chrono::_V2::system_clock::now",
                                               "clock_gettime",
                                               "gettimeofday",
                                               "time",
                                               "clock"},
                                     generators = {"rand",    "rand_r",    "random",     "drand48",
                                                   "lrand48", "getrandom", "getentropy", "arc4random"};
  // Of the standard library; Armadillo's generator is one of them.
  static const std::vector<std::string> classes = {"random_device", "mersenne_twister_engine",
                                                   "linear_congruential_engine", "subtract_with_carry_engine"};
  visit_symbols(bytes, [&](const Elf64_Sym&, const std::string& name) {
    const std::string plain = readable(name.substr(0, name.find('@')));
    if (clocks.contains(plain)) found.insert(in_words(clock_text, plain));
    if (generators.contains(plain)) found.insert(in_words(random_text, plain));
    for (const std::string& name_of_class : classes)
      if (const std::string one = "std::" + name_of_class; plain.find(one) != plain.npos)
        found.insert(in_words(random_text, one));
    return false;
  });
  return {found.begin(), found.end()};
}

}  // namespace tightrope
