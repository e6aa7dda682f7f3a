#!/usr/bin/env bash
# Rules of this tree that no compiler knows. Prints what breaks them and fails; silent otherwise.
# With the folder of the built plugins as argument it also looks at their symbols.
set -euo pipefail
cd "$(dirname "$0")/../.."

status=0
broken() {
  printf '%s\n' "$1" >&2
  status=1
}
# complain RULE LINES: nothing to say if there are no lines.
complain() { [[ -z $2 ]] || broken "$1"$'\n'"  ${2//$'\n'/$'\n'  }"; }

# --- One door to each library -------------------------------------------------------------------------------------
for library in yaml-cpp boost/dll; do
  files=$(grep -rlE "#include <$library" core plugins || true)
  [[ $(wc -w <<<"$files") == 1 ]] || complain "exactly one file includes $library, not these:" "${files:-none}"
done
complain "plugins know plugin.hpp, what they share (plugins/shared/) and the standard library alone:" \
  "$(grep -rnE '#include' plugins --include=*.?pp | grep -vE '#include ("core/plugin/plugin.hpp"|"plugins/shared/[a-z_]+.hpp"|<[a-z_]+>)' || true)"

# --- Each room of the core knows those below it ---------------------------------------------------------------------
floors=(base numbers tree arrays interfaces operators methods engine plugin python mpi conformance statistics claims grid experiment store
        study report cli)
declare -A floor_of=()
for i in "${!floors[@]}"; do floor_of[${floors[i]}]=$i; done
upward=$(grep -roE '#include "core/[a-z_]+/' core --include=*.cpp --include=*.hpp | while IFS= read -r line; do
  room=${line#core/} && room=${room%%/*} && above=${line##*core/} && above=${above%/}
  [[ ${floor_of[$above]:-99} -le ${floor_of[$room]:--1} ]] || printf '%s\n' "$line"
done)
complain "these look upward (the floors are: ${floors[*]}):" "$upward"

# --- No room is crowded, but for lists of like things; a header and its source are one ---------------------------------
complain "these rooms have more than a dozen things in them; sort them by what they do:" "$(
  find core -name '*.?pp' | sed -E 's@\.[ch]pp$@@' | sort -u | sed -E 's@/[^/]*$@@' | uniq -c | awk '$1 > 12 {print $2 ": " $1}' |
    grep -vE '^core/(interfaces|cli/verbs|experiment/sections|report/sections|grid/forms):' || true)"

# --- The core knows no plugin -------------------------------------------------------------------------------------
# To know a plugin is to name it in quotes, or to name its class. Remarks may give examples. "file" is an ordinary
# word, too: a type of parameters, and a key of stored records; "symmetric" is a word of the MatrixMarket format, and
# "constant" one of claims.
code=$(grep -rn '' core --include=*.cpp --include=*.hpp | sed -E 's@(^[^:]+:[0-9]+:)(.*[^:"])?//.*@\1\2@')
for source in plugins/*/*.cpp; do
  name=$(basename "$source" .cpp)
  class=$(sed -nE 's/^TIGHTROPE_PLUGIN\([A-Za-z]+, ([A-Za-z0-9]+),.*/\1/p' "$source")
  [[ $class ]] || complain "a plugin ends with TIGHTROPE_PLUGIN(Interface, Class, name, summary):" "$source"
  complain "core/ names the plugin '$name':" "$(grep -F "\"$name\"" <<<"$code" |
    grep -vE '\{"file", file\.written\}|find\("file"\)|at\("file"\)|described\(std::move\(name\), "file"|"symmetric", "skew-symmetric"|\.words = \{"constant"\}|damping_rule = "constant"|\{"constant", "residual", "geometric"\}' || true)"
  complain "core/ names the class '$class' of a plugin:" "$(grep -wE "${class:-none}" <<<"$code" || true)"
done

complain "core/ knows of networks, attention or prompts, which are plugins' alone (plugins/shared/):" \
  "$(grep -rniE 'relu|rectif|neuron|softmax|attention|prompt' core --include=*.cpp --include=*.hpp || true)"

# --- Plugins stay small -------------------------------------------------------------------------------------------
for source in plugins/*/*.cpp; do  # remarks are no code, nor are the papers that one names
  lines=$(grep -cvE '^ *(//.*|"[a-z0-9, ]+"\))?$' "$source")
  ((lines >= 10 && lines <= 80)) || broken "$source has $lines lines of code; a plugin has at most 80"
done

# --- Named random streams alone -----------------------------------------------------------------------------------
complain "random numbers come from named streams (core/numbers/streams.hpp) alone:" "$(
  grep -rnE 'arma::rand|\brand(n|u|i|g|perm)\(|fill::rand|arma_rng|<random>|std::(mt19937|random_device|[a-z_]+_distribution)|\bs?rand\(' \
    core plugins --include=*.cpp --include=*.hpp | grep -v '^core/report/page/vendor/' || true)"

# --- Norms --------------------------------------------------------------------------------------------------------
complain "norms of matrices are frobenius_norm and spectral_norm (core/numbers/recovery.hpp): Armadillo's give 0 for NaN:" "$(
  grep -rnE 'arma::(norm|approx_equal)\(' core plugins --include=*.cpp --include=*.hpp | grep -v '^core/numbers/recovery.cpp:' || true)"

# --- Text ---------------------------------------------------------------------------------------------------------
mapfile -t texts < <(git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp' '*.md' '*.yaml' '*.txt' \
  '*.cmake' '*.sh' '*.py' '*.expected' dev .ci | grep -v '^core/report/page/vendor/')
complain "trailing blanks:" "$(grep -nE '[ 	]+$' "${texts[@]}" /dev/null | grep -v '\.expected:' || true)"
complain "unfinished work:" "$(grep -nE '\b(TO''DO|FIX''ME|XX''X)\b' "${texts[@]}" /dev/null || true)"

# --- Symbols of the built plugins ---------------------------------------------------------------------------------
# What a plugin exports besides its entry point are the weak and unique instances of library templates, shared by
# design; nothing that we wrote may be among them, or two plugins could meet.
if (($#)); then
  for source in plugins/*/*.cpp; do
    plugin=${source#plugins/}
    plugin=$1/${plugin%.cpp}.so
    [[ -f $plugin ]] || { broken "$plugin is not built"; continue; }
    symbols=$(nm -D --defined-only "$plugin" | c++filt)
    strong=$(awk '$2 ~ /^[TDBRGS]$/ {print $3}' <<<"$symbols" | grep -vE '^__(asan|odr_asan|sanitizer|ubsan)' || true)
    [[ $strong == tightrope_plugin ]] || complain "$plugin must export tightrope_plugin and nothing else of its own:" "$strong"
    complain "$plugin exports symbols of ours:" \
      "$(awk '$2 !~ /^[TDBRGS]$/' <<<"$symbols" | grep -E 'tightrope::|\(anonymous namespace\)' || true)"
  done
fi
exit "$status"
