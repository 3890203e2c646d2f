#compdef kelvin
# zsh completion for kelvin: the program itself says what a word may become.
_kelvin() {
  local -a answer found
  local line word
  answer=("${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${(@)answer[2,-1]}"; do
    [[ -n $line ]] || continue
    word=${line%%$'\t'*}
    found+=("${word//:/\\\\:}:${${line#"$word"}#$'\t'}")
  done
  (( ! $#found )) || _describe kelvin found
  [[ $answer[1] != files ]] || _files
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _kelvin "$@"
else
  compdef _kelvin kelvin
fi
