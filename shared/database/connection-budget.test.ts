import { describe, expect, it } from 'vitest'
import { budget, type ConnectionBudget, functionBudget, spent, type Tier } from './connection-budget.ts'

const tiers = Object.keys(budget.tiers) as Tier[]

describe('the connection budget', () => {
  it.each(tiers)('fits the %s tier with every function and all readers at their maximum', (tier) => {
    const { connections, available } = spent(budget, tier)
    expect(connections).toBeLessThanOrEqual(available)
  })

  it('counts instances times pool and the readers, and notices one too many', () => {
    const one = budget.functions['metrics-ingest']
    if (!one) throw new Error('no metrics-ingest')
    const more: ConnectionBudget = {
      ...budget,
      functions: { only: { ...one, pool: 3, max_instances: { small: 5, standard: 1, large: 1 } } },
      readers: { ...budget.readers, connections: { small: 3, standard: 1, large: 1 } },
    }
    expect(spent(more, 'small')).toEqual({ connections: 18, available: 17 })
  })

  it('gives every function at least a whole CPU where it handles more than one request at a time', () => {
    for (const [name, row] of Object.entries(budget.functions))
      expect([name, row.concurrency > 1 && row.cpu < 1]).toEqual([name, false])
  })

  it('runs a maintenance function in one instance', () => {
    for (const row of Object.values(budget.functions).filter((f) => f.database.maintenance)) {
      expect(Object.values(row.max_instances)).toEqual([1, 1, 1])
    }
  })

  it('has a row for each function, or says so', () => {
    expect(() => functionBudget('nobody')).toThrow('connection-budget.json has no function nobody')
  })
})
