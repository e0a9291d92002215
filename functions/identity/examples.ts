// Valid requests of identity, and rows of its table.
import type { ExampleChance, Examples, MakeRows } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

const ids = {
  admin: '11111111-0000-4000-8000-000000000011',
  changed: '22222222-0000-4000-8000-000000000022',
  removed: '33333333-0000-4000-8000-000000000033',
} as const
const ofChanged = { parameters: { id: ids.changed } }
const UNKNOWN = '99999999-0000-4000-8000-000000000099'

export const requests: Examples<typeof routes> = {
  me: [() => ({})],
  profile: [() => ({ refusal: 403 })],
  changeProfile: [() => ({ json: { display_name: 'Kim' }, refusal: 403 })],
  users: [
    () => ({}),
    () => ({
      query: [
        ['page', '2'],
        ['page_size', '1'],
      ],
    }),
  ],
  createUser: [
    (_, chance) => ({ json: newUser(chance) }),
    (_, chance) => ({ json: { ...newUser(chance), display_name: 'Kim', status: 'invited' } }),
  ],
  user: [() => ofChanged],
  changeUser: [() => ({ ...ofChanged, json: { role: 'operator', status: 'suspended' } })],
  changeTier: [() => ({ ...ofChanged, json: { subscription_tier: 'pro', reason: 'a test' } })],
  removeUser: [() => ({ parameters: { id: ids.removed } })],
  keys: [() => ({}), () => ({ query: [['all', 'true']] })],
  createKey: [
    () => ({ json: { name: 'Production Key', scopes: ['metrics:read'], expires_in_days: 30 } }),
    () => ({ json: { name: 'Limited' } }),
  ],
  rotateKey: [() => ({ parameters: { id: UNKNOWN }, json: { overlap_hours: 1 }, refusal: 404 })],
  revokeKey: [() => ({ parameters: { id: UNKNOWN }, refusal: 404 })],
  tenants: [() => ({})],
  createTenant: [(_, chance) => ({ json: { name: `made-${chance.below(1_000_000_000)}`, plan: 'pro' } })],
  limits: [() => ({})],
  usage: [
    () => ({}),
    () => ({
      query: [
        ['start_date', '2026-11-01'],
        ['end_date', '2026-11-30'],
      ],
    }),
  ],
  demo: [() => ({ json: {}, refusal: 404 })],
  changeTenant: [({ tenant }) => ({ parameters: { name: tenant }, json: { ignored_labels: ['request_id'] } })],
}

export const rows: MakeRows = () => ({
  app_user: [
    { ...user('ann'), id: ids.admin, role: 'admin' },
    { ...user('bob'), id: ids.changed, role: 'viewer' },
    { ...user('cora'), id: ids.removed, role: 'manager' },
  ],
})

const user = (name: string) => ({
  subject: `user-${name}`,
  email: `${name}@example.com`,
  status: 'active',
  subscription_tier: 'free',
  created_at: '2026-01-01',
  updated_at: '2026-01-01',
})

function newUser(chance: ExampleChance) {
  const subject = `user-${chance.below(1_000_000_000)}`
  return { subject, email: `${subject}@example.com`, role: chance.pick(['viewer', 'operator']) }
}
