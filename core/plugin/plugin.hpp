// The one header that a plugin includes.
#pragma once

#include "core/arrays/arrays.hpp"
#include "core/arrays/matrices.hpp"
#include "core/interfaces/factorization_model.hpp"
#include "core/interfaces/initialization.hpp"
#include "core/interfaces/loss.hpp"
#include "core/interfaces/measurement_operator.hpp"
#include "core/interfaces/noise.hpp"
#include "core/interfaces/objective.hpp"
#include "core/interfaces/observer.hpp"
#include "core/interfaces/optimizer.hpp"
#include "core/interfaces/penalty.hpp"
#include "core/interfaces/perturbation.hpp"
#include "core/interfaces/problem.hpp"
#include "core/interfaces/projection.hpp"
#include "core/interfaces/sensing.hpp"
#include "core/interfaces/step_size.hpp"
#include "core/interfaces/target.hpp"
#include "core/methods/damping.hpp"
#include "core/methods/matrix_method.hpp"
#include "core/methods/reduction.hpp"
#include "core/methods/spectral_start.hpp"
#include "core/numbers/eigen.hpp"
#include "core/numbers/fixed_rank.hpp"
#include "core/numbers/gram.hpp"
#include "core/numbers/recovery.hpp"
#include "core/numbers/solvers/conjugate_gradients.hpp"
#include "core/numbers/solvers/line_minimum.hpp"
#include "core/numbers/solvers/runge_kutta.hpp"
#include "core/operators/dense_operator.hpp"
#include "core/operators/entry_file.hpp"
#include "core/operators/entry_operator.hpp"
#include "core/operators/row_file.hpp"
#include "core/plugin/manifest.hpp"

namespace tightrope {

/// Options of a plugin without parameters.
struct NoOptions {
  void declare(Parameters&) {}
};

/// `struct Options { …; void declare(Parameters&); }`, public.
template <class Class>
concept HasOptions = requires(typename Class::Options& options, Parameters& parameters) {
  options.declare(parameters);
};
template <class Class>
struct OptionsOf {
  using type = NoOptions;
};
template <HasOptions Class>
struct OptionsOf<Class> {
  using type = typename Class::Options;
};
/// Class(const Options&, const Context&), public.
template <class Class>
concept HasConstructor = std::is_constructible_v<Class, const typename OptionsOf<Class>::type&, const Context&>;
/// As plain truth values, about which compilers say less.
template <class Class>
inline constexpr bool has_options = HasOptions<Class>;
template <class Class>
inline constexpr bool has_constructor = HasConstructor<Class>;

/// Class: HasOptions and HasConstructor. What is wrong with a class is said by TIGHTROPE_PLUGIN, and by nobody else.
template <class Class>
class MakerOf final : public Maker {
 public:
  void declare(Parameters& parameters) override { options_.declare(parameters); }
  std::shared_ptr<const Component> make(const Context& context) const override {
    if constexpr (std::is_abstract_v<Class>)
      return std::shared_ptr<const Component>(new Class(options_, context));  // the compiler lists what is missing
    else if constexpr (HasConstructor<Class>)
      return std::make_shared<const Class>(options_, context);
    else
      return nullptr;
  }
  bool takes_step_size() const override { return std::is_base_of_v<DirectionOptimizer, Class>; }

 private:
  typename OptionsOf<Class>::type options_;
};

}  // namespace tightrope

/// Defines a plugin's entry point. `Interface` is the abstract class, `Class` the implementation, `name` the file's
/// stem and the name in YAML, `summary` one line for `list`. A fifth argument names the papers behind it, once and for
/// all: keys of docs/references.bib such as "polyak1964", separated by commas, or a whole BibTeX entry "@article{…}".
#define TIGHTROPE_PLUGIN(Interface, Class, name, summary, ...)                                                      \
  extern "C" __attribute__((visibility("default"))) const tightrope::Manifest* tightrope_plugin() {                 \
    static_assert(std::is_base_of_v<tightrope::Interface, Class>,                                                   \
                  "the class " #Class " must be derived from " #Interface);                                         \
    static_assert(tightrope::has_options<Class>,                                                                    \
                  "the class " #Class                                                                               \
                  " needs a public `struct Options { ...; void declare(Parameters&); };` (or `using Options = "     \
                  "NoOptions;`)");                                                                                  \
    static_assert(!std::is_abstract_v<Class>,                                                                       \
                  "the class " #Class " must override every pure virtual function of " #Interface                   \
                  "; those that are missing are listed beside `invalid new-expression`");                           \
    static_assert(std::is_abstract_v<Class> || !tightrope::has_options<Class> || tightrope::has_constructor<Class>, \
                  "the class " #Class " needs a public constructor " #Class "(const Options&, const Context&)");    \
    static const tightrope::Manifest manifest{                                                                      \
        tightrope::manifest_magic,                                                                                  \
        tightrope::manifest_version,                                                                                \
        sizeof(tightrope::Manifest),                                                                                \
        TIGHTROPE_HEADER_DIGEST,                                                                                    \
        TIGHTROPE_BUILD_FACTS,                                                                                      \
        tightrope::Interface::kind,                                                                                 \
        name,                                                                                                       \
        summary,                                                                                                    \
        []() -> std::unique_ptr<tightrope::Maker> { return std::make_unique<tightrope::MakerOf<Class>>(); },        \
        "" __VA_ARGS__};                                                                                            \
    return &manifest;                                                                                               \
  }
