// What a plugin says about itself, and the proof that it was built against this core.
#pragma once

#include <cstdint>
#include <memory>

#include "core/base/header_digest.hpp"  // generated: TIGHTROPE_HEADER_DIGEST
#include "core/interfaces/component.hpp"
#include "core/tree/parameters.hpp"

namespace tightrope {

/// Makes one component: declares its parameters, holds their values, constructs it from them.
class Maker {
 public:
  virtual ~Maker() = default;
  virtual void declare(Parameters& parameters) = 0;
  virtual std::shared_ptr<const Component> make(const Context& context) const = 0;
  /// Whether it is a method that goes along a direction, as far as a step size says.
  virtual bool takes_step_size() const = 0;
};

inline constexpr std::uint64_t manifest_magic = 0x65706f7274686774;  // "tghtrope"
inline constexpr std::uint32_t manifest_version = 1;

/// Plain C up to `summary`: these fields never move, so that any core can judge any plugin before it trusts the rest.
struct Manifest {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t size;
  const char* header_digest;  // of all interface headers
  const char* build_facts;    // what else changes layouts: "compiler=gcc 12;library=libstdc++ cxx11;armadillo=11.4 …"
  const char *kind, *name, *summary;
  std::unique_ptr<Maker> (*maker)();
  const char* sources = "";  // keys of docs/references.bib, separated by commas, or BibTeX entries
};

/// The facts of the translation unit that calls it; what must agree between core and plugin.
#define TIGHTROPE_STRINGIZE_(x) #x
#define TIGHTROPE_STRINGIZE(x) TIGHTROPE_STRINGIZE_(x)
#if defined(__clang__)
#define TIGHTROPE_COMPILER_ "clang " TIGHTROPE_STRINGIZE(__clang_major__)
#else
#define TIGHTROPE_COMPILER_ "gcc " TIGHTROPE_STRINGIZE(__GNUC__)
#endif
#if defined(_GLIBCXX_DEBUG)
#define TIGHTROPE_LIBRARY_DEBUG_ " debug"
#else
#define TIGHTROPE_LIBRARY_DEBUG_ ""
#endif
#if defined(ARMA_32BIT_WORD)
#define TIGHTROPE_WORD_ "32"
#else
#define TIGHTROPE_WORD_ "64"
#endif
#if defined(ARMA_MAT_PREALLOC)
#define TIGHTROPE_PREALLOC_ " prealloc " TIGHTROPE_STRINGIZE(ARMA_MAT_PREALLOC)
#else
#define TIGHTROPE_PREALLOC_ ""
#endif
#if defined(__SANITIZE_ADDRESS__)
#define TIGHTROPE_SANITIZER_ "address"
#elif defined(__SANITIZE_THREAD__)
#define TIGHTROPE_SANITIZER_ "thread"
#else
#define TIGHTROPE_SANITIZER_ "none"
#endif
#define TIGHTROPE_BUILD_FACTS                                                                                    \
  "compiler=" TIGHTROPE_COMPILER_                                                                                \
  ";standard=" TIGHTROPE_STRINGIZE(__cplusplus) ";library=cxx11abi " TIGHTROPE_STRINGIZE(_GLIBCXX_USE_CXX11_ABI) \
      TIGHTROPE_LIBRARY_DEBUG_ ";armadillo=" TIGHTROPE_STRINGIZE(ARMA_VERSION_MAJOR) "." TIGHTROPE_STRINGIZE(    \
          ARMA_VERSION_MINOR) " word " TIGHTROPE_WORD_ TIGHTROPE_PREALLOC_ ";sanitizer=" TIGHTROPE_SANITIZER_

}  // namespace tightrope
