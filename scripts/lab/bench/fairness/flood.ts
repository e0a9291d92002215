// The flood: a process of its own, so that what it costs is not in what its neighbours measure. Ends when it is told to.
import { floods, type Plan } from './attacks.ts'

/** How often each status was answered. */
export type Statuses = Readonly<Record<string, number>>

const statuses: Record<string, number> = {}

process.on('message', (order: Plan | 'end') => {
  if (order === 'end') {
    process.send?.(statuses)
    setTimeout(() => process.exit(0), 100)
    return
  }
  floods[order.attack](order, (status) => {
    statuses[status] = (statuses[status] ?? 0) + 1
  })
})
process.on('disconnect', () => process.exit(1))
