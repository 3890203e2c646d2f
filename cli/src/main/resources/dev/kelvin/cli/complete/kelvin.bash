# bash completion for kelvin: the program itself says what a word may become.
_kelvin() {
  local -a answer
  local typed now prefix word
  mapfile -t answer < <("${COMP_WORDS[0]}" __complete --line "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  COMPREPLY=()
  [[ ${#answer[@]} -ge 2 ]] || return 0
  # bash parts words at ":" and "=", too, and replaces only what follows the last of them.
  typed=${answer[0]}
  now=${COMP_WORDS[COMP_CWORD]}
  [[ $now != [:=] ]] || now=
  prefix=${typed%"$now"}
  for word in "${answer[@]:2}"; do
    word=${word%%$'\t'*}
    COMPREPLY+=("${word#"$prefix"}")
  done
  if [[ ${answer[1]} == files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do
      COMPREPLY+=("$word")
    done < <(compgen -f -- "$now")
  fi
  if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _kelvin kelvin
