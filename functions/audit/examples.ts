// Valid requests of audit, and rows of its tables.
import { type Examples, type MakeRows, scheduledAt } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  entries: [() => ({ query: [['action', 'api_key.create']] }), () => ({ query: [['limit', '10']] })],
  verify: [() => ({}), () => ({ query: [['from', '1']] })],
  seal: [() => ({}), scheduledAt('audit')],
}

export const rows: MakeRows = (n) => ({
  audit_entry: [{ id: 1_000_000 + n, action: 'api_key.create', object_type: 'api_key', object_id: 'abc', ...byNobody }],
  audit_seal_part: [{ seal_id: 1_000_000 + n, rows: 1, root_sha256: `\\x${'00'.repeat(32)}`, sealed_at: AT }],
})

const AT = '2026-11-01T00:00:00Z'
/** A row has no defaults. */
const byNobody = {
  at: AT,
  era: 0,
  xid: '1',
  actor: 'key:abc',
  actor_kind: 'key',
  login: 'penstock_app',
  outcome: 'success',
}
