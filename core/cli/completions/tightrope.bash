# Completion for bash: the program itself knows what fits (core/cli/complete.cpp).
_tightrope() {
  local line words word current cut completion
  COMPREPLY=()
  # What has been typed, blank by blank: bash itself would also part words at '=' and ':'.
  line=${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${words[-1]}
  # It replaces what stands behind the last of them.
  cut=${current%"${current##*[=:]}"}
  while IFS= read -r completion; do
    case $completion in
      :files) compopt -o filenames 2>/dev/null
              while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "${current#"$cut"}") ;;
      :folders) compopt -o filenames 2>/dev/null
                while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "${current#"$cut"}") ;;
      *) completion=${completion%%$'\t'*}
         [[ $completion != *[.=] ]] || compopt -o nospace 2>/dev/null
         COMPREPLY+=("${completion#"$cut"}") ;;
    esac
  done < <("${words[0]/#\~/$HOME}" complete "${words[@]:1}" 2>/dev/null)
}
complete -F _tightrope tightrope
