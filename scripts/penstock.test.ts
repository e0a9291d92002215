// The program: help at every level, errors that name the word, exit codes, and completion.
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { completionScript, shells } from './program/completion.ts'
import { describeProgram } from './program/program.ts'
import { table } from './program/table.ts'

const root = join(import.meta.dirname, '..')
let program: CommandUnknownOpts
let commands: readonly CommandUnknownOpts[]
beforeAll(async () => {
  program = await describeProgram(table, table)
  commands = withAllBelow(program)
}, 60_000)

const withAllBelow = (command: CommandUnknownOpts): readonly CommandUnknownOpts[] => [
  command,
  ...command.commands.flatMap(withAllBelow),
]

/** Returns the output of --help; the library throws after printing it. */
function helpOf(command: CommandUnknownOpts): string {
  let text = ''
  command.configureOutput({ writeOut: (more) => void (text += more) })
  command.outputHelp()
  return text
}

test('every command describes itself, its arguments and options, and has an example of itself', () => {
  expect(commands.length).toBeGreaterThan(60)
  for (const command of commands) {
    const help = helpOf(command)
    expect(command.description()).toMatch(/^[A-Z].*\.$/)
    expect(help).toMatch(/\nExamples:\n {2}npx penstock /)
    for (const option of command.options)
      expect([option.long, option.description]).toEqual([expect.any(String), expect.stringMatching(/\w/)])
    for (const option of command.options) expect(help).toContain(option.long)
    for (const below of command.commands) expect(help).toContain(`\n  ${below.name()}`)
  }
})

test('every command that lists records has --json', () => {
  const lists = commands.filter((command) => /^(list|holds|map)$/.test(command.name()))
  expect(lists.length).toBeGreaterThan(5)
  for (const list of lists) expect(list.options.map(({ long }) => long)).toContain('--json')
})

describe('called as a program', () => {
  it.each([
    [['--help'], 0, /^Usage: penstock \[options\] \[command\]\n[^]*\nOperate:\n {2}keys /, /^$/],
    [['keys', '--help'], 0, /^Usage: penstock keys [^]*\n {2}create /, /^$/],
    [
      ['keys', 'create', '--help'],
      0,
      /^Usage: penstock keys create [^]*--expires-in-days <days>[^]*\nExamples:\n/,
      /^$/,
    ],
    [['migrate', 'index', 'drop', '-h'], 0, /^Usage: penstock migrate index drop \[options\] <name>\n/, /^$/],
    [[], 2, /^$/, /^penstock: missing command\nusage: penstock /],
    [['kesy'], 2, /^$/, /^penstock: unknown command 'kesy'. Did you mean keys\?\nusage: penstock /],
    [['keys'], 2, /^$/, /^keys: missing command\nusage: penstock keys /],
    [['keys', 'crate'], 2, /^$/, /^keys: unknown command 'crate'. Did you mean create\?\nusage: penstock keys /],
    [
      ['migrate', 'chekc'],
      2,
      /^$/,
      /^migrate: unexpected argument "chekc". The commands are: check, retire, index, insight-views\n/,
    ],
    [['schema', 'now'], 2, /^$/, /^schema: unexpected argument "now"\n/],
    [
      ['start', '--prot', '1'],
      2,
      /^$/,
      /^start: unknown option '--prot'. Did you mean --port\?\nusage: penstock start /,
    ],
    [
      ['start', '--port', '65536'],
      2,
      /^$/,
      /^start: option '--port <n>' argument '65536' is invalid. It must be a whole number from 1 to 65535.\n/,
    ],
    [['start', '--port'], 2, /^$/, /^start: option '--port <n>' argument missing\n/],
    [
      ['archive', 'list', '--dataset', 'x\u001b[2J'],
      2,
      /^$/,
      /^archive: option '--dataset <name>' argument 'x\\u001b\[2J' is invalid. Allowed choices are metrics, /,
    ],
    [
      ['keys', 'user', '--tenant', 'a', '--subject', 'b', 'c'],
      2,
      /^$/,
      /^keys: unexpected argument "c"\n[^]*Run "npx penstock keys user --help"/,
    ],
    [
      ['tenant', 'limit', 'a', 'dead_letter'],
      2,
      /^$/,
      /^tenant: no limit is given: --rows, --bytes or --default\nusage: /,
    ],
    [['tenant', 'limit', 'a', 'dead_letter', '--default', '--rows', '1'], 2, /^$/, /--default goes without --rows/],
    [['tenant', 'limit', 'a', 'dead_letter', '--rows', '1KiB'], 2, /^$/, /It must be a whole number or none\.\n/],
    [['tenant', 'limit', 'a', 'dead_letter', '--bytes', '1TB'], 2, /^$/, /which KiB, MiB or GiB may follow, or none\./],
    [['tenant', 'limit', 'a', 'metric_series', '--rows', 'none'], 2, /^$/, /a limit of --rows alone/],
    [['tenant', 'limit', 'a', 'metric_series', '--rows', '2147483648'], 2, /^$/, /up to 2147483647/],
  ])(
    '%j ends with %d',
    async (args, code, stdout, stderr) => {
      const ended = await run('scripts/penstock.ts', args)
      expect([ended.code, ended.stdout, ended.stderr]).toEqual([
        code,
        expect.stringMatching(stdout),
        expect.stringMatching(stderr),
      ])
    },
    60_000,
  )

  it('is started by the launcher that package.json names', async () => {
    const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: { penstock: string } }
    expect(await run(bin.penstock, ['keys', 'crate'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'crate'"),
    })
  }, 60_000)
})

test('every npm script that runs a program runs a command that exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const called = Object.values(scripts).flatMap((line) => /^node scripts\/penstock\.ts (\S+)/.exec(line)?.[1] ?? [])
  const names = table.map(({ name }) => name)
  expect(new Set(called)).toEqual(new Set(names))
  const old =
    'start build bench migrate schema routes openapi import archive backfill tenant erase keys reader deadletters schedule drill history bring-back deploy:check advisories images sql test:faults test:hostile test:storage test:storm lint:rooms'
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(old.split(' ')))
})

test.each(shells)('the completion for %s names every command and option', (shell) => {
  const script = completionScript(shell, program)
  for (const command of commands) expect(script).toContain(command.name())
  expect(script).toContain(shell === 'fish' ? '-l expires-in-days' : '--expires-in-days')
  expect(script).not.toContain('undefined')
})

describe('the completion for bash', () => {
  const complete = (...words: readonly string[]): readonly string[] => {
    const line = `${completionScript('bash', program)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _penstock; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { status, stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    return stdout.split('\n').filter((word) => word !== '')
  }

  it('is read by bash', () => {
    expect(spawnSync('bash', ['-n'], { input: completionScript('bash', program) }).status).toBe(0)
  })

  it('completes commands, their commands, and options', () => {
    expect(complete('penstock', 'k')).toEqual(['keys'])
    expect(complete('penstock', 'keys', '')).toEqual(['create', 'user', 'list', 'revoke', '--help'])
    expect(complete('penstock', 'keys', 'create', '--tenant', 'acme', '--ex')).toEqual(['--expires-in-days'])
    expect(complete('penstock', 'migrate', 'index', 'dr')).toEqual(['drop'])
  })
})

/** The words that a shell offers after these; undefined where the shell is not installed. */
function offered(shell: 'fish' | 'zsh', line: string): string | undefined {
  const { status, stdout, error } = spawnSync(shell, shell === 'fish' ? ['-c', line] : ['-f', '-c', line], {
    encoding: 'utf8',
    env: { ...process.env, HOME: tmpdir() },
  })
  if (error !== undefined) return undefined
  expect(status).toBe(0)
  return stdout
}

test('fish completes commands, their commands, and options', ({ skip }) => {
  const complete = (line: string) => offered('fish', `${completionScript('fish', program)}\ncomplete -C '${line}'`)
  const commandsOfKeys = complete('penstock keys ')
  if (commandsOfKeys === undefined) return skip('fish is not installed')
  expect(commandsOfKeys).toContain("user\tPrints a user's token")
  expect(complete('penstock k')).toContain('keys\tCreates, lists and revokes API keys.\n')
  expect(complete('penstock keys create --tenant acme --ex')).toMatch(/^--expires-in-days\t/)
  expect(complete('penstock migrate index dr')).toMatch(/^drop\t/)
})

test('zsh completes commands, their commands, and options', ({ skip }) => {
  const complete = (...words: readonly string[]) =>
    offered(
      'zsh',
      `compdef() { : }; _files() { : }; compadd() { print -l -- "$@[2,-1]" }
${completionScript('zsh', program)}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=$#words; _penstock`,
    )?.split('\n')
  const commandsOfKeys = complete('penstock', 'keys', '')
  if (commandsOfKeys === undefined) return skip('zsh is not installed')
  expect(commandsOfKeys).toEqual(['create', 'user', 'list', 'revoke', '--help', ''])
  expect(complete('penstock', 'keys', 'create', '--tenant', 'acme', '--ex')).toContain('--expires-in-days')
  expect(complete('penstock', 'migrate', 'index', 'dr')).toEqual(expect.arrayContaining(['drop']))
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

async function run(file: string, args: readonly string[]): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(process.execPath, [join(root, file), ...args], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}
