# Completes command lines of enrollkit in bash 3.2 and later. Written by: enrollkit completion bash
_enrollkit() {
  local words=() word joined='' index line kind prefix
  # bash takes = and : for words of their own; here they belong to the word around them.
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if [[ ${#words[@]} -gt 0 && ($word == [=:]* || $joined == yes) ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    joined=
    [[ $word != [=:]* || ${#word} -gt 1 ]] || joined=yes
  done
  local last=$((${#words[@]} - 1))
  local current=${words[last]}
  # A quote that is still open, and backslashes, are not part of the word.
  current=${current#[\"\']}
  current=${current//\\/}
  words[last]="=$current"
  COMPREPLY=()
  kind=
  prefix=${current%"${current##*[=:]}"}
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=$line
    else
      line=${line%%$'\t'*}
      COMPREPLY+=("$(printf %q "${line#"$prefix"}")")
    fi
  done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete "${words[@]}" 2>/dev/null)
  case $kind in
    files) compopt -o default -o filenames 2>/dev/null ;;
    folders) compopt -o dirnames -o filenames 2>/dev/null ;;
  esac
}
complete -F _enrollkit enrollkit
