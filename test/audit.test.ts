// Routes and tables describe correctly what the audit log records of them.
import { isUnaudited } from '@penstock/shared/base/wire.ts'
import { describe, expect, it } from 'vitest'
import { auditOf } from '../scripts/database/audit-triggers.ts'
import { declaredTables } from '../scripts/database/slice-data.ts'
import { readOperations } from '../scripts/deploy/openapi/operations.ts'

const operations = await readOperations()

describe('what routes say about the log', () => {
  const written = new Set(
    declaredTables.flatMap((table) => {
      const audited = auditOf(table)
      if (!audited) return []
      const { object = table.name, on = ['insert', 'update', 'delete'], verbs = {} } = audited
      const verbOf = { insert: 'create', update: 'update', delete: 'delete' }
      return [...on.map((event) => verbOf[event]), ...Object.keys(verbs)].map((verb) => `${object}.${verb}`)
    }),
  )
  const actions = operations.flatMap(({ id, route: { audit, scope } }) =>
    isUnaudited(audit) || scope === 'operate' ? [] : [audit].flat().map((action) => [id, action] as const),
  )

  it.each(actions)('%s: a trigger writes %s', (_, action) => {
    expect([...written]).toContain(action)
  })

  it('is a sentence where it is nothing', () => {
    const reasons = [
      ...declaredTables.flatMap(({ audit }) => (audit && 'unaudited' in audit ? audit.unaudited : [])),
      ...operations.flatMap(({ route: { audit } }) => (isUnaudited(audit) ? audit.unaudited : [])),
    ]
    expect(reasons.filter((reason) => !/^[A-Z].{10,}\.$/.test(reason))).toEqual([])
  })
})
