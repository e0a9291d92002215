// Checks the logs of the processes: they hold no error, no secret, and only log lines.
import { justified } from './judge.ts'
import { PROBE_EVENT } from './probe-event.ts'

/** Returns forbidden content of a function's log, as sentences: the first few of each kind. */
export function judgeLog(text: string, secrets: readonly string[]): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.includes(PROBE_EVENT))
  return [
    ...some(
      'an error',
      lines.filter((line) => /"severity":"(?:ERROR|CRITICAL)"/.test(line) && !isJustified(line)),
    ),
    ...some(
      'a line that is not a log line',
      lines.filter((line) => !isLogLine(line)),
    ),
    ...some(
      'a secret',
      lines.filter((line) => secrets.some((secret) => line.includes(secret))),
    ),
  ]
}

/** Does the same for PostgreSQL's own log, where each failed statement is an error. */
export function judgeDatabaseLog(text: string, secrets: readonly string[]): readonly string[] {
  const lines = text.split('\n')
  return [
    ...some(
      'an error',
      lines.filter((line) => /\b(?:ERROR|FATAL|PANIC):/.test(line) && !EXPECTED.test(line)),
    ),
    ...some(
      'a secret',
      lines.filter((line) => secrets.some((secret) => line.includes(secret))),
    ),
  ]
}

/** When two runs of a job begin at the same moment, this index admits one; and the server ends unused sessions. */
const EXPECTED = /violates unique constraint "job_run_open"|due to idle-session timeout/

const SHOWN = 5

function some(kind: string, lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, SHOWN).map((line) => `${kind}: ${line.slice(0, 600)}`)
  return lines.length > SHOWN ? [...shown, `… and ${lines.length - SHOWN} more`] : shown
}

/** The framework's own output at the start, which is not JSON. */
const FRAMEWORK = /^(?:Serving function|Function: |Signature type: |URL: )/

/** The secret of a channel that was planted is not encrypted, so nothing can be sent to it, and its notifications fail. */
const PLANTED_SECRET = /the bytes are not a sealed text of a known version|"notification_id":/

/** A refusal by a limit of the instance, which is logged as an error for operators. */
const isJustified = (line: string): boolean =>
  PLANTED_SECRET.test(line) ||
  (line.includes('"status":503,') && justified.some((detail) => line.includes(`"detail":"${detail}"`)))

const isLogLine = (line: string): boolean => FRAMEWORK.test(line) || /^\{"severity":".*\}$/.test(line)
