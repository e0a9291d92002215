// The files of a new slice: one route that stores a text, and one table. They are an example to change, and complete as they are.

/** The spellings of a slice's name. */
interface Names {
  /** The folder, the path and the scopes: `night-watch`. */
  readonly name: string
  /** The table: `night_watch`. */
  readonly table: string
  /** The types: `NightWatch`. */
  readonly type: string
  /** The number and title of the migration: `0071-night-watch`. */
  readonly migration: string
}

/** The spellings of a name in lower case with hyphens. */
export function namesOf(name: string, number: number): Names {
  const type = name.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())
  return { name, type, table: name.replaceAll('-', '_'), migration: `${String(number).padStart(4, '0')}-${name}` }
}

/** The content of each file, by its path from the root. */
export const sliceFiles = (names: Names): ReadonlyMap<string, string> =>
  new Map([
    [`functions/${names.name}/contract.ts`, contract(names)],
    [`functions/${names.name}/data.ts`, data(names)],
    [`functions/${names.name}/queries.ts`, queries(names)],
    [`functions/${names.name}/handler.ts`, handler(names)],
    [`functions/${names.name}/index.ts`, index(names)],
    [`functions/${names.name}/examples.ts`, examples(names)],
    [`functions/${names.name}/README.md`, readme(names)],
    [`functions/${names.name}/handler.test.ts`, test(names)],
    [`migrations/${names.migration}.sql`, migration(names)],
  ])

const contract = ({
  name,
  type,
}: Names): string => `// Requests and answers of ${name}, and the problems that can occur.
import { type Routes, text } from '@penstock/shared/base/wire.ts'
import { uuid, wireInstant } from '@penstock/shared/base/wire-schema.ts'
import { z } from 'zod'

export const ${type}Request = z.object({ text: text(1_000) }).meta({ title: '${type}Request' })
export type ${type}Request = z.output<typeof ${type}Request>

const ${type} = z.object({ id: uuid, text: z.string(), created_at: wireInstant }).meta({ title: '${type}' })
export type ${type} = z.output<typeof ${type}>

/** The routes of this slice: the functions, the local gateway and \`npm run deployments\` (Terraform's table) read them. */
export const routes = {
  add: {
    method: 'POST',
    path: '/api/v1/${name}',
    scope: '${name}:write',
    summary: 'Store a text',
    body: ${type}Request,
    answer: ${type},
    problems: [],
    audit: '${name}.add',
  },
} as const satisfies Routes
`

const data = ({ table }: Names): string => `// The tables that this slice owns, and those that it uses.
import type { SliceData } from '@penstock/shared/base/slice-data.ts'

export const data = {
  owns: {
    ${table}: { grants: { select: true, insert: true }, ages: { by: 'created_at', days: 365 } },
  },
  uses: {},
} as const satisfies SliceData
`

const queries = ({
  table,
  type,
}: Names): string => `// The slice's statements. Each one names the tenant, so that its index is used, and as a second guard in addition to row security.
import type { Database } from '@penstock/shared/schema/index.ts'
import type { Generated, Selectable, Transaction } from 'kysely'

interface ${type}Table {
  readonly id: Generated<string>
  readonly tenant_id: number
  readonly text: string
  readonly created_at: Generated<string>
}

export type ${type}Row = Omit<Selectable<${type}Table>, 'tenant_id'>

/** Stores a text and returns its row. */
export async function insertText(
  tx: Transaction<Database>,
  tenantId: number,
  text: string,
): Promise<${type}Row> {
  return await tx
    .withTables<{ ${table}: ${type}Table }>()
    .insertInto('${table}')
    .values({ tenant_id: tenantId, text })
    .returning(['id', 'text', 'created_at'])
    .executeTakeFirstOrThrow()
}
`

const handler = ({ name, type }: Names): string => `// The rules of ${name}.
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import { toWire } from '@penstock/shared/base/time.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { ${type}, ${type}Request } from './contract.ts'
import { insertText, type ${type}Row } from './queries.ts'

export interface ${type}Deps {
  readonly db: PenstockDatabase
}

/** Stores a text. Not safe to repeat: each call stores another one. */
export async function add({ db }: ${type}Deps, { tenant }: TenantPrincipal, { text }: ${type}Request): Promise<${type}> {
  return toWireForm(await db.inTenant(tenant.id, (tx) => insertText(tx, tenant.id, text)))
}

const toWireForm = (row: ${type}Row): ${type} => ({ id: row.id, text: row.text, created_at: toWire(row.created_at) })
`

const index = ({ name }: Names): string => `// The wiring of ${name}, nothing else.
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { routes } from './contract.ts'
import { add } from './handler.ts'

export default defineSlice({
  name: '${name}',
  routes,
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 80, connections: 1 },
  open: ({ db }) => ({
    add: async ({ caller, body }) => ({ json: await add({ db }, caller, body) }),
  }),
})
`

const examples = ({ name, table }: Names): string => `// Valid requests of ${name}, and rows of its table.
import type { Examples, MakeRows } from '@penstock/shared/base/examples.ts'
import type { routes } from './contract.ts'

export const requests: Examples<typeof routes> = {
  add: [({ planted }) => ({ json: { text: planted } })],
}

export const rows: MakeRows = () => ({ ${table}: [{ text: 'kept' }] })
`

const readme = ({ name }: Names): string => `# ${name}

Stores texts.

**Trigger**: HTTP. Writing needs a key with the scope \`${name}:write\`.

| call | body or query | answers |
| --- | --- | --- |
| \`POST /api/v1/${name}\` | \`text\` 1 to 1,000 | the stored text |
| \`GET /health\` | | 200, or 503 when the database does not answer or cannot write to its disk |

## When something fails

| what | answer |
| --- | --- |
| a field breaks a rule | 422, \`errors\` points at it (\`/text\`) |
| no valid credential; a credential without the scope | 401; 403 |
| the database is down, overloaded, or takes longer than 30 s | 503 with \`Retry-After\` |
`

const test = ({
  name,
  table,
}: Names): string => `import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { add } from './handler.ts'

let database: TestDatabase
let db: PenstockDatabase
let tenantId: number
beforeAll(async () => {
  database = await createTestDatabase()
  tenantId = await createTenant(database, 'default')
  db = database.openAs('${name}')
})
afterAll(async () => await database.drop())

it('stores a text as it was sent', async () => {
  const tenant = { id: tenantId, name: 'default', seriesLimit: 1, ignoredLabels: [] }
  const caller = { kind: 'tenant', name: 'key', tenant, scopes: ['${name}:write'] } as const
  const stored = await add({ db }, caller, { text: ' it leaks\\n' })
  expect(stored).toMatchObject({ text: ' it leaks\\n' })
  expect(await database.query('select tenant_id, text from ${table}')).toEqual([{ tenant_id: tenantId, text: ' it leaks\\n' }])
})
`

const migration = ({ table }: Names): string => `-- Texts of tenants.

create table ${table} (
  id uuid not null default gen_random_uuid(),
  tenant_id int not null references tenant,
  text text not null check (char_length(text) between 1 and 1000),
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
-- For retention.
create index ${table}_created on ${table} (created_at);

alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant_isolation on ${table}
  using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::int));
`
