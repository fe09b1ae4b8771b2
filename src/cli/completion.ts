// jwksd completion: a script that completes commands and options in a shell. Made from the commands themselves, so that it
// lacks none; file names are left to the shell.

import { Argument, Command } from 'commander'
import type { Io } from './io.ts'
import { type CommandOutline, type OptionOutline, outlineCommands } from './outline.ts'
import type { Subcommand } from './subcommand.ts'

const SCRIPTS = { bash, zsh, fish }

export function completionCommand (io: Io, commands: readonly Subcommand[]): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell that reads the script').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', `
Examples:
  $ jwksd completion bash > /etc/bash_completion.d/jwksd
  $ jwksd completion zsh > "\${fpath[1]}/_jwksd"
  $ jwksd completion fish > ~/.config/fish/completions/jwksd.fish
`)
    .action(async (shell: keyof typeof SCRIPTS) => {
      io.stdout.write(SCRIPTS[shell](await outlineCommands(io, commands)))
    })
}

/** `client` of `client key`. */
const firstWord = ({ name }: CommandOutline): string => name.split(' ')[0]!

const firstWords = (commands: readonly CommandOutline[]): string[] => [...new Set(commands.map(firstWord))]

/** The words after `client`; none for most commands. */
function secondWords (commands: readonly CommandOutline[], first: string): string[] {
  return commands.filter(one => firstWord(one) === first).flatMap(({ name }) => name.split(' ').slice(1))
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function bash (commands: readonly CommandOutline[]): string {
  const cases = firstWords(commands).map(first => {
    const own = commands.filter(one => firstWord(one) === first)
    const words = [...secondWords(commands, first), ...own.flatMap(({ options }) => options.map(({ flags }) => flags[0]!)), '--help']
    return `    ${first}) words=${quote(words.join(' '))} ;;`
  })
  const values = commands.flatMap(one => one.options.filter(({ value }) => value !== '').flatMap(({ flags, choices }) => flags.map(flag =>
    `    ${quote(`${firstWord(one)} ${flag}`)}) ${choices.length > 0 ? `words=${quote(choices.join(' '))}` : 'COMPREPLY=(); return'} ;;`)))
  return `# bash completion of jwksd
_jwksd() {
  local current=\${COMP_WORDS[COMP_CWORD]} words=
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  if [ -z "$words" ] && [ "$COMP_CWORD" -eq 1 ]; then
    words=${quote([...firstWords(commands), 'help', '--help', '--version'].join(' '))}
  elif [ -z "$words" ]; then
    case "\${COMP_WORDS[1]}" in
    help) words=${quote(firstWords(commands).join(' '))} ;;
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _jwksd jwksd
`
}

/** An option as \`_arguments\` takes it. */
function zshOption ({ flags, value, description, choices }: OptionOutline): string {
  const text = description.replaceAll(/[[\]:\\]/g, '\\$&')
  const argument = value === '' ? '' : `:${value.replaceAll(/[<>[\]]/g, '')}:${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}`
  return quote(`${flags[0]!}[${text}]${argument}`)
}

function zsh (commands: readonly CommandOutline[]): string {
  const described = firstWords(commands).map(first => {
    const { description } = commands.find(one => firstWord(one) === first)!
    return `    ${quote(`${first}:${description.replaceAll(':', '\\:')}`)}`
  })
  const cases = firstWords(commands).map(first => {
    const options = commands.filter(one => firstWord(one) === first).flatMap(({ options }) => options.map(zshOption))
    const second = secondWords(commands, first)
    const rest = second.length > 0 ? quote(`2:command:(${second.join(' ')})`) : quote('*:argument:_files')
    return `    ${first}) _arguments ${[...options, rest].join(' ')} ;;`
  })
  return `#compdef jwksd
_jwksd() {
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "\${words[2]}" in
${cases.join('\n')}
  esac
}
if [ "\${funcstack[1]}" = _jwksd ]; then _jwksd "$@"; else compdef _jwksd jwksd; fi
`
}

function fish (commands: readonly CommandOutline[]): string {
  const first = firstWords(commands).map(name =>
    `complete -c jwksd -n __fish_use_subcommand -f -a ${quote(name)} -d ${quote(commands.find(one => firstWord(one) === name)!.description)}`)
  const rest = commands.flatMap(one => {
    const seen = `-n ${quote(`__fish_seen_subcommand_from ${firstWord(one)}`)}`
    const second = one.name.includes(' ') ? [`complete -c jwksd ${seen} -f -a ${quote(one.name.split(' ')[1]!)} -d ${quote(one.description)}`] : []
    return [...second, ...one.options.map(({ flags, value, description, choices }) => {
      const takes = value === '' ? '' : choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : ' -r'
      const short = flags[1] ? ` -s ${flags[1].slice(1)}` : ''
      return `complete -c jwksd ${seen} -l ${flags[0]!.slice(2)}${short}${takes} -d ${quote(description)}`
    })]
  })
  return `# fish completion of jwksd\n${[...first, ...rest].join('\n')}\n`
}
