// Formats the result of an erasure: the places that were searched, what is left, and which copies exist until when.
import { textTable } from '../../cli/text-table.ts'
import type { Place } from './place.ts'

const DAY_MS = 86_400_000
/** Days of Terraform's settings: soft delete of the archive's bucket, and the database's backups and log for point-in-time recovery. */
const KEPT_DAYS = 7
/** Cloud Logging's default for the bucket `_Default`. */
const LOG_DAYS = 30
/** The value in terraform/logs.tf. */
const AUDIT_DAYS = 400

/** Formats the proof for a person. */
export function proofText(what: string, places: readonly Place[], nowMs: number): string {
  const rows = places.map(({ place, erased, remains }) => [place, String(erased), String(remains)])
  const left = places.reduce((sum, { remains }) => sum + remains, 0)
  const until = dayAfter(nowMs, KEPT_DAYS)
  return [
    `${what}, ${new Date(nowMs).toISOString()}`,
    '',
    textTable(['searched', 'erased', 'remains'], rows),
    '',
    left === 0 ? 'Nothing remains.' : `${left} remain: repeat the command.`,
    '',
    'Copies that cannot be changed, and that expire by themselves:',
    `  soft-deleted objects of the archive's bucket   until ${until}`,
    `  the database's daily backups                   until ${until}`,
    `  its log for point-in-time recovery             until ${until}`,
    `  exports that were made before                  stay with their owners`,
    '',
    'Logs hold no body, no value and no row. They hold, until they expire (docs/erasure.md):',
    `  paths and user agents of requests, message ids until ${dayAfter(nowMs, LOG_DAYS)}`,
    `  what commands printed in the admin job         until ${dayAfter(nowMs, AUDIT_DAYS)}`,
    '',
    'After restoring a copy, erase again.',
  ].join('\n')
}

const dayAfter = (ms: number, days: number): string => new Date(ms + days * DAY_MS).toISOString().slice(0, 10)
