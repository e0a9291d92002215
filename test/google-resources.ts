// The answers of the fake Google provider: the values that it makes up, and the changes that need another resource.
import { readFileSync } from 'node:fs'
import { ExtensionCodec } from '@msgpack/msgpack'

/** A value that Google decides when it makes the resource. */
export const UNKNOWN = Symbol('known after apply')
export type Value =
  | string
  | number
  | boolean
  | null
  | typeof UNKNOWN
  | readonly Value[]
  | { readonly [name: string]: Value }
export type Values = Readonly<Record<string, Value>>

type Type = string | readonly [string, unknown]
interface Attribute {
  readonly type: Type
  readonly required?: boolean
  readonly optional?: boolean
  readonly computed?: boolean
  readonly write_only?: boolean
}
export interface Block {
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly block_types: Readonly<Record<string, { readonly nesting_mode: string; readonly block: Block }>>
}
interface Schemas {
  readonly provider_block: Block
  readonly resource_schemas: Readonly<Record<string, { readonly block: Block }>>
  readonly data_source_schemas: Readonly<Record<string, { readonly block: Block }>>
}

/** Names and types of arguments of the google provider, as its documentation has them. */
export const schemas = JSON.parse(readFileSync(new URL('./google-schema.json', import.meta.url), 'utf8')) as Schemas

/** Terraform marks an unknown value by an extension of MessagePack: 0, or 12 with what is known about it. */
export const codec = new ExtensionCodec()
for (const type of [0, 12])
  codec.register({
    type,
    encode: (value: unknown) => (value === UNKNOWN && type === 0 ? new Uint8Array([0]) : null),
    decode: () => UNKNOWN,
  })

/** Arguments that may be left out and whose value others read. Of the rest the schema does not say whether Google fills them in. */
const FILLED_IN = new Set(['id', 'address'])
/** Another value of one of these is another resource. */
const IDENTITY = new Set(
  `account_id bucket bucket_id dataset_id instance location member name network project region repository repository_id role secret
   secret_id service subscription table_id topic`.split(/\s+/),
)

/** The state that an apply would make: what is left to Google is unknown, and write-only arguments are in no state. */
export function plannedState(block: Block, proposed: Values, isNew: boolean): Values {
  return mapBlock(block, proposed, ({ computed, optional, write_only }, name, value) => {
    if (write_only === true) return null
    const isLeftOut = value === null || value === undefined
    return isNew && isLeftOut && computed === true && (optional !== true || FILLED_IN.has(name))
      ? UNKNOWN
      : (value ?? null)
  })
}

/** The state after an apply, with made-up values for what was unknown. Equal input gives equal values. */
export function appliedState(type: string, block: Block, planned: Values): Values {
  return mapBlock(block, planned, (attribute, name, value) =>
    value === UNKNOWN ? madeUp(type, attribute.type, name, planned) : value,
  )
}

/** A state as it is stored, with the arguments that are left out in it. */
export const completeState = (block: Block, stored: Values): Values =>
  mapBlock(block, stored, (_attribute, _name, value) => value ?? null)

/** Returns a resource as Google describes it later. A dashboard comes back without positions that are 0. */
export function readState(type: string, state: Values): Values {
  const json = state['dashboard_json']
  if (type !== 'google_monitoring_dashboard' || typeof json !== 'string') return state
  const kept = JSON.stringify(JSON.parse(json), (name, value: unknown) =>
    (name === 'xPos' || name === 'yPos') && value === 0 ? undefined : value,
  )
  return { ...state, dashboard_json: kept }
}

/** Arguments whose change makes another resource. A grant cannot be changed at all, its condition neither. */
export function replacing(type: string, prior: Values, planned: Values): readonly string[] {
  const changed = Object.keys(planned).filter(
    (name) => (prior[name] ?? null) !== null && JSON.stringify(prior[name]) !== JSON.stringify(planned[name]),
  )
  return changed.filter((name) => IDENTITY.has(name) || (type.endsWith('_iam_member') && name !== 'etag'))
}

/** Returns the answer of a data source. */
export function dataOf(type: string, block: Block, config: Values): Values {
  const answers: Readonly<Record<string, Values>> = {
    google_project: { number: '123456789012', id: 'projects/example' },
    google_sql_ca_certs: {
      certs: ['UPCOMING', 'ACTIVE'].map((cert) => ({
        cert: `${cert}\n`,
        common_name: 'ca',
        create_time: '2026-01-01T00:00:00Z',
        expiration_time: '2036-01-01T00:00:00Z',
        sha1_fingerprint: cert,
      })),
    },
  }
  return mapBlock(block, { ...config, ...answers[type] }, (_attribute, _name, value) => value ?? null)
}

type Choose = (attribute: Attribute, name: string, value: Value | undefined) => Value | undefined

function mapBlock(block: Block, values: Values, choose: Choose): Values {
  const result: Record<string, Value> = {}
  for (const [name, attribute] of Object.entries(block.attributes)) {
    result[name] = choose(attribute, name, values[name]) ?? null
  }
  for (const [name, { block: nested, nesting_mode }] of Object.entries(block.block_types)) {
    const value = values[name]
    if (Array.isArray(value)) result[name] = value.map((one) => mapBlock(nested, one as Values, choose))
    else if (value === null || value === undefined || value === UNKNOWN)
      result[name] = nesting_mode === 'single' ? null : (value ?? [])
    else result[name] = mapBlock(nested, value as Values, choose)
  }
  return result
}

function madeUp(type: string, of: Type, name: string, values: Values): Value {
  const textOf = (argument: string): string => (typeof values[argument] === 'string' ? values[argument] : '')
  const own = textOf('name') || textOf('secret_id') || textOf('account_id') || textOf('service') || type
  const special: Readonly<Record<string, Value>> = {
    connection_name: `${textOf('project')}:${textOf('region')}:${own}`,
    private_ip_address: '10.0.0.3',
    uri: `https://${own}-a1b2c3.a.run.app`,
    url: `gs://${own}`,
    version: '1',
  }
  if (special[name] !== undefined) return special[name]
  if (of === 'string') return `${type}/${own}/${name}`
  if (of === 'number') return 1
  if (of === 'bool') return false
  return of[0] === 'map' ? {} : []
}
