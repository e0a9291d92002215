// Computes the changes to make in Cloud Scheduler, without making them.
import { type CloudJob, DESCRIPTION, differences, type JobFields, presentFields } from './cloud-job.ts'

export interface Change {
  readonly action: 'create' | 'change' | 'remove'
  /** Full name: `projects/p/locations/r/jobs/penstock-partitions`. */
  readonly name: string
  /** Undefined for a removal. */
  readonly fields: JobFields | undefined
  /** The differences, for a person. */
  readonly because: readonly string[]
}

/**
 * Compares declared jobs, by their full names, with the existing ones. A paused job stays paused, and a job that `sync` did not make is
 * not changed.
 */
export function planChanges(wanted: ReadonlyMap<string, JobFields>, present: readonly CloudJob[]): Change[] {
  const there = new Map(present.map((job) => [job.name ?? '', job]))
  const changes: Change[] = []
  for (const [name, fields] of wanted) {
    const job = there.get(name)
    if (!job)
      changes.push({ action: 'create', name, fields, because: [`${fields.cron}: ${fields.method} ${fields.URL}`] })
    else {
      const because = differences(presentFields(job), fields)
      if (because.length > 0) changes.push({ action: 'change', name, fields, because })
    }
  }
  for (const [name, job] of there) {
    if (!wanted.has(name) && job.description === DESCRIPTION)
      changes.push({ action: 'remove', name, fields: undefined, because: ['no longer declared'] })
  }
  return changes
}

/** Formats the plan for a person: a line per change, and one per difference. */
export function planText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'nothing to do: every declared job is there as declared'
  return changes
    .flatMap(({ action, name, because }) => [
      `${action} ${name.split('/').at(-1)}`,
      ...because.map((difference) => `  ${difference}`),
    ])
    .join('\n')
}
