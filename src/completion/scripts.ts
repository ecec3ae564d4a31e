export const shells = ['bash', 'zsh'] as const;
export type Shell = (typeof shells)[number];

const bash = `# ncolony completion for bash. In ~/.bashrc: source <(ncolony completion bash)
_ncolony() {
  local kind='' line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; else COMPREPLY+=("$line"); fi
  done < <("\${1/#\\~/$HOME}" __complete bash "\${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
  case $kind in
    files) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    directories) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    *) return ;;
  esac
  compopt -o filenames 2>/dev/null
}
complete -F _ncolony ncolony
`;

const zsh = `#compdef ncolony
# ncolony completion for zsh. In ~/.zshrc, after compinit: source <(ncolony completion zsh)
_ncolony() {
  local kind='' line
  local -a found shown
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; continue; fi
    found+=("\${line%%$'\\t'*}")
    shown+=("\${\${line%$'\\t'}/$'\\t'/  -- }")
  done < <(\${(Q)~words[1]} __complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  case $kind in
    files) compset -P '--*='; _files ;;
    directories) compset -P '--*='; _files -/ ;;
    words) (( \${#found} )) && compadd -l -d shown -a found ;;
  esac
}
if [[ \${funcstack[1]} == _ncolony ]]; then _ncolony "$@"; else compdef _ncolony ncolony; fi
`;

/** What a shell has to load to complete command lines of ncolony. It asks ncolony itself at each TAB. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh };
