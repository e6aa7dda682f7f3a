#include "core/conformance/process/functions.hpp"

#include <cxxabi.h>
#include <elf.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

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

}  // namespace

std::string function_at(const std::filesystem::path& file, std::uint64_t offset) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  const auto header = entry_at<Elf64_Ehdr>(bytes, 0);
  if (!header) return "";
  for (const Elf64_Word table : {Elf64_Word{SHT_SYMTAB}, Elf64_Word{SHT_DYNSYM}})
    for (unsigned i = 0; i < header->e_shnum; ++i) {
      const auto section = entry_at<Elf64_Shdr>(bytes, header->e_shoff + std::uint64_t{i} * sizeof(Elf64_Shdr));
      if (!section || section->sh_type != table) continue;
      const auto names =
          entry_at<Elf64_Shdr>(bytes, header->e_shoff + std::uint64_t{section->sh_link} * sizeof(Elf64_Shdr));
      if (!names) continue;
      for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= section->sh_size; at += sizeof(Elf64_Sym)) {
        const auto symbol = entry_at<Elf64_Sym>(bytes, section->sh_offset + at);
        if (!symbol || ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_value > offset ||
            offset >= symbol->st_value + symbol->st_size)
          continue;
        const std::uint64_t name = names->sh_offset + symbol->st_name;
        if (name >= bytes.size()) continue;
        return readable(std::string(bytes.c_str() + name));
      }
    }
  return "";
}

}  // namespace tightrope
