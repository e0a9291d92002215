// Valid requests of carbon, and rows of its tables. What one request deletes no other one needs.
import type { Examples, MakeExample, MakeRows } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

/** Far from the ids that the database gives to new rows. */
const KEPT = 900_001
const REMOVED = 900_002

/** The examples of the routes about rows of one kind. */
const ofRows = (
  change: Readonly<Record<string, unknown>>,
  filters: readonly (readonly [string, string])[] = [],
): Readonly<Record<'list' | 'read' | 'change' | 'remove', readonly [MakeExample, ...MakeExample[]]>> => {
  const kept = { parameters: { id: String(KEPT) } }
  return {
    list: [() => ({ query: [...filters, ['limit', '5'] as const] })],
    read: [() => kept],
    change: [() => ({ ...kept, json: change }), () => ({ ...kept, headers: [['If-Match', '*']], json: change })],
    remove: [() => ({ parameters: { id: String(REMOVED) } })],
  }
}

const organization = ofRows({ total_capacity: 600, latitude: 47.376887 })
const zone = ofRows({ capacity: 120 }, [['org_id', String(KEPT)]])
const camera = ofRows({ is_active: true }, [['zone_id', String(KEPT)]])
const alert = ofRows({ sub_heading: 'Doors are open.' }, [
  ['org_id', String(KEPT)],
  ['status', 'OPEN'],
])
const notification = ofRows({})
const counted = { zone_id: KEPT, camera_id: KEPT, people: 20, people_estimated: 25 }

export const requests: Examples<typeof routes> = {
  organizationsList: organization.list,
  organizationsRead: organization.read,
  organizationsCreate: [
    ({ planted }) => ({ json: { name: planted, org_type: 'Corporate', total_capacity: 500, latitude: '34.0522' } }),
  ],
  organizationsPut: organization.change,
  organizationsPatch: organization.change,
  organizationsRemove: organization.remove,
  zonesList: zone.list,
  zonesRead: zone.read,
  zonesCreate: [
    ({ planted }) => ({ json: { name: planted, zone_type: 'Hall', capacity: 100, organization_id: KEPT } }),
  ],
  zonesPut: zone.change,
  zonesPatch: zone.change,
  zonesRemove: zone.remove,
  camerasList: camera.list,
  camerasRead: camera.read,
  camerasCreate: [({ planted }) => ({ json: { name: planted, zone_id: KEPT } })],
  camerasPut: camera.change,
  camerasPatch: camera.change,
  camerasRemove: camera.remove,
  alertsList: alert.list,
  alertsRead: alert.read,
  alertsCreate: [({ planted }) => ({ json: { heading: 'Fire drill', sub_heading: planted } })],
  alertsPut: alert.change,
  alertsPatch: alert.change,
  alertsRemove: alert.remove,
  notificationsList: notification.list,
  notificationsRead: notification.read,
  notificationsCreate: [({ planted }) => ({ json: { title: 'Maintenance', message: planted } })],
  notificationsRemove: notification.remove,
  detect: [
    () => ({ json: counted }),
    (_, chance) => ({
      headers: [['Idempotency-Key', `detection-${chance.below(1_000_000)}`]],
      json: { ...counted, people: chance.below(200) },
    }),
  ],
  stats: [() => ({}), () => ({ query: [['zone_id', String(KEPT)]] })],
  status: [() => ({})],
  health: [() => ({})],
}

const row = (id: number, more: Readonly<Record<string, unknown>>) => ({
  id,
  created_at: '2026-01-01',
  created_by: 'key:example',
  updated_at: '2026-01-01',
  updated_by: 'key:example',
  version: 1,
  ...more,
})
const both = (more: Readonly<Record<string, unknown>>) => [row(KEPT, more), row(REMOVED, more)]

export const rows: MakeRows = () => ({
  // The rows that requests delete have no children, so that the others stay.
  carbon_organization: both({ name: 'Tech Corp HQ', org_type: 'Corporate' }),
  carbon_zone: both({ name: 'Lobby', zone_type: 'Entrance', capacity: 100, organization_id: KEPT }),
  carbon_camera: both({ name: 'Front Desk', zone_id: KEPT }),
  carbon_alert: both({ heading: 'Fire drill' }),
  carbon_notification: both({ title: 'Maintenance', message: 'Servers will restart.' }),
  carbon_ledger: [{ zone_id: KEPT, logs: 1, saved: '0.8', last_at: '2026-01-01' }],
})
