// One line of the checklist: the subject, the finding, and the command that corrects it.
import type { Tier } from '@penstock/shared/config/tier.ts'
import { RestError } from '../google/rest.ts'
import { NO_CREDENTIALS } from '../google/token.ts'

/** The suite to check, deployed or planned. */
export interface Target {
  readonly project: string
  readonly region: string
  readonly tier: Tier
  /** Prefix of all names that Terraform gives. */
  readonly prefix: string
}

export type Finding =
  | { readonly state: 'ok'; readonly detail: string }
  /** `mend` is a command or, when there is none, an instruction. */
  | { readonly state: 'failed'; readonly detail: string; readonly mend: string }
  /** The subject could not be read, or does not exist yet. */
  | { readonly state: 'skipped'; readonly detail: string }

export interface Check {
  readonly name: string
  readonly run: () => Promise<Finding>
}

export const ok = (detail: string): Finding => ({ state: 'ok', detail })
export const failed = (detail: string, mend: string): Finding => ({ state: 'failed', detail, mend })
export const skipped = (detail: string): Finding => ({ state: 'skipped', detail })

export interface CheckedLine {
  readonly name: string
  readonly finding: Finding
}

/**
 * Runs checks one after another; none stops the others. Without credentials, checks that ask Google are skipped. When an API is disabled
 * or access is denied, the finding names the command that changes that. Changes nothing.
 */
export async function runChecks(checks: readonly Check[], { project }: Target): Promise<CheckedLine[]> {
  const lines: CheckedLine[] = []
  for (const { name, run } of checks) {
    const finding = await run().catch((error: unknown) => fromError(error, project))
    lines.push({ name, finding })
  }
  return lines
}

function fromError(error: unknown, project: string): Finding {
  const { message } = error as Error
  if (message === NO_CREDENTIALS) return skipped(message)
  if (!(error instanceof RestError)) return failed(`could not be checked: ${message}`, 'try again')
  const disabled = error.reason === 'SERVICE_DISABLED' ? /[a-z]+\.googleapis\.com/.exec(message)?.[0] : undefined
  if (disabled !== undefined)
    return failed(`${disabled} is not enabled`, `gcloud services enable ${disabled} --project=${project}`)
  if (error.status === 401) return failed(`the credentials were refused: ${message}`, 'gcloud auth login')
  if (error.status === 403)
    return failed(
      `you may not ask: ${message}`,
      `gcloud projects add-iam-policy-binding ${project} --member=user:YOU --role=roles/viewer`,
    )
  return failed(`Google answered ${error.status}: ${message}`, 'try again')
}

const MARKS = { ok: 'ok     ', failed: 'FAILED ', skipped: 'skipped' }

/** Formats the checklist for a person: a line for each check, below a failure its remedy, and the total. */
export function checklist(lines: readonly CheckedLine[]): string {
  const width = Math.max(...lines.map(({ name }) => name.length))
  const shown = lines.flatMap(({ name, finding }) => {
    const line = `${MARKS[finding.state]}  ${name.padEnd(width)}  ${finding.detail}`
    return finding.state === 'failed' ? [line, `${' '.repeat(width + 11)}→ ${finding.mend}`] : [line]
  })
  const count = (state: Finding['state']): number => lines.filter(({ finding }) => finding.state === state).length
  return [...shown, '', `${count('ok')} ok, ${count('failed')} failed, ${count('skipped')} skipped`].join('\n')
}
