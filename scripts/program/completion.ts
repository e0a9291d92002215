// Scripts that complete the words of a command line, made from the commands as they are described.
import type { CommandUnknownOpts } from '@commander-js/extra-typings'

export const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

interface Place {
  /** The words of the command without the program's name, such as `keys create`. */
  readonly path: string
  readonly words: readonly { readonly word: string; readonly summary: string }[]
}

/** The script that a shell reads. Words that it does not know are completed as names of files. */
export function completionScript(shell: Shell, program: CommandUnknownOpts): string {
  const places = placesOf(program, [])
  if (shell === 'fish') return fish(places)
  const head = shell === 'bash' ? BASH : ZSH
  const cases = places.map(
    ({ path, words }) => `    '${path}') candidates='${words.map(({ word }) => word).join(' ')}' ;;`,
  )
  return head
    .replace('PATHS', places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join(' | '))
    .replace('CASES', cases.join('\n'))
}

function placesOf(command: CommandUnknownOpts, path: readonly string[]): readonly Place[] {
  const below = command.commands.map((one) => ({ word: one.name(), summary: one.description() }))
  const options = command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, description }) => ({ word: long ?? '', summary: description }))
  return [
    { path: path.join(' '), words: [...below, ...options] },
    ...command.commands.flatMap((one) => placesOf(one, [...path, one.name()])),
  ]
}

const BASH = `# Completes penstock in bash.
_penstock() {
  local at='' next candidates='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${at:+$at }\${COMP_WORDS[i]}"
    case "$next" in
      PATHS) at="$next" ;;
    esac
  done
  case "$at" in
CASES
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _penstock penstock
`

const ZSH = `#compdef penstock
# Completes penstock in zsh.
_penstock() {
  local at='' next candidates='' i
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }\${words[i]}"
    case "$next" in
      PATHS) at="$next" ;;
    esac
  done
  case "$at" in
CASES
  esac
  compadd -- \${=candidates}
  _files
}
compdef _penstock penstock
`

function fish(places: readonly Place[]): string {
  const known = places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join(' ')
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ word, summary }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      return `complete -c penstock -n "test (__penstock_at) = '${path}'" ${what} -d '${summary.replaceAll(/['\\]/g, '\\$&')}'`
    }),
  )
  return `# Completes penstock in fish.
function __penstock_at
  set -l at ''
  for word in (commandline -opc)[2..]
    set -l next (string trim "$at $word")
    contains -- "$next" ${known}; and set at "$next"
  end
  echo "$at"
end
${lines.join('\n')}
`
}
