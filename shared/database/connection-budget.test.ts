import { describe, expect, it } from 'vitest'
import { tierNames } from '../config/tier.ts'
import { budget, type ConnectionBudget, deploymentOf, spent } from './connection-budget.ts'

const rows = tierNames.flatMap((tier) => Object.entries(budget.tiers[tier].deployments))

describe('the connection budget', () => {
  it.each(tierNames)('fits the %s tier with every deployment and all readers at their maximum', (tier) => {
    const { connections, available } = spent(budget, tier)
    expect(connections).toBeLessThanOrEqual(available)
  })

  it('counts instances times pool and the readers, and notices one too many', () => {
    const only = { ...deploymentOf('metrics-ingest'), pool: 3, instances: 5 }
    const small = { ...budget.tiers.small, readers: 3, deployments: { only } }
    const more: ConnectionBudget = { ...budget, tiers: { ...budget.tiers, small } }
    expect(spent(more, 'small')).toEqual({ connections: 18, available: 17 })
  })

  it('gives every deployment at least a whole CPU where it handles more than one request at a time', () => {
    for (const [name, row] of rows) expect([name, row.concurrency > 1 && row.cpu < 1]).toEqual([name, false])
  })

  it('runs maintenance in one instance', () => {
    for (const [name, { instances }] of rows.filter(([, { maintenance }]) => maintenance))
      expect([name, instances]).toEqual([name, 1])
  })

  it('has a row for each deployment of a tier, or says so', () => {
    expect(deploymentOf('app', 'small').slices).toContain('feedback')
    expect(() => deploymentOf('app')).toThrow('connection-budget.json has no deployment app in the tier standard')
  })
})
