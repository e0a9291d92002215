// The attack in a process of its own, so that its cost is not part of the other tenants' measurements. Ends on request.
import { floods, type Plan } from './attacks.ts'

/** The number of answers by status. */
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
