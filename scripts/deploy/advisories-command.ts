// Checks whether a deployed package has a known vulnerability. Asks the npm registry, and changes nothing.
import { execFile } from 'node:child_process'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../cli/command.ts'
import { inLine, print } from '../cli/output.ts'
import { rootFolder } from '../cli/state.ts'

/** One package in the report of `npm audit`. */
interface Vulnerable {
  readonly severity: string
  readonly range?: string
  /** A string is the name of another package, which is the cause. */
  readonly via?: readonly (string | { readonly title?: string; readonly url?: string })[]
}

export interface Verdict {
  readonly state: 'clear' | 'found' | 'unanswered'
  /** Text for a person. */
  readonly lines: readonly string[]
}

const TIMEOUT_MS = 60_000
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
const SEVERE = ['high', 'critical']

/**
 * Judges the report of `npm audit --json`. Advisories of moderate and low severity are shown, but do not count as found. The result is
 * `unanswered` when the registry does not answer questions about advisories.
 */
export function judgeAdvisories(report: string): Verdict {
  const { vulnerabilities, message, error } = parsed(report)
  if (vulnerabilities === undefined)
    return {
      state: 'unanswered',
      lines: [`the registry answers no advisories: ${message ?? error?.summary ?? 'no report'}`],
    }
  const found = Object.entries(vulnerabilities)
  const lines = found.map(([name, one]) => `${one.severity}: ${name} ${one.range ?? ''}${reasons(one)}`)
  const severe = found.filter(([, { severity }]) => SEVERE.includes(severity)).length
  if (severe === 0)
    return { state: 'clear', lines: [...lines, 'no advisory of high or critical severity for what is deployed'] }
  return {
    state: 'found',
    lines: [...lines, `${severe} deployed packages have advisories of high or critical severity`],
  }
}

function reasons({ via = [] }: Vulnerable): string {
  const said = via.map((one) =>
    typeof one === 'string' ? `by ${one}` : [one.title, one.url].filter(Boolean).join(' '),
  )
  return said.length === 0 ? '' : `: ${said.join('; ')}`
}

interface Report {
  readonly vulnerabilities?: Readonly<Record<string, Vulnerable>>
  readonly message?: string
  readonly error?: { readonly summary?: string }
}

function parsed(report: string): Report {
  try {
    return JSON.parse(report) as Report
  } catch {
    return {}
  }
}

/** Returns the output of npm, whatever its exit code: 1 can mean a vulnerability or a registry that does not answer. */
async function audit(): Promise<string> {
  return await new Promise((resolve) => {
    const options = { cwd: rootFolder, timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES }
    execFile('npm', ['audit', '--omit=dev', '--json'], options, (_error, stdout) => resolve(stdout))
  })
}

/** Describes `penstock advisories`. */
export function describeCommand(command: Command): void {
  command
    .addHelpText('after', '\nAsks the npm registry. Ends with 1 for an advisory of high or critical severity.')
    .action(reportAdvisories)
  addExamples(command, 'penstock advisories')
}

async function reportAdvisories(): Promise<void> {
  const { state, lines } = judgeAdvisories(await audit())
  for (const line of lines) print(inLine(line))
  if (state === 'unanswered') print('skipped: nothing was checked')
  process.exitCode = state === 'found' ? 1 : 0
}
