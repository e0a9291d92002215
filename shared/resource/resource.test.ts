// A resource over HTTP: albums, and tracks that belong to an album, with an owner and ids of the client.
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createKey } from '../../scripts/database/keys/key-store.ts'
import { checksumKey } from '../../test/support/http/api-keys.ts'
import { edgeConfig } from '../../test/support/http/edge-config.ts'
import { type RunningServer, startFront } from '../../test/support/http/http.ts'
import { createTenant, createTestDatabase, type TestDatabase } from '../../test/support/postgres/database.ts'
import { invalid, Problem } from '../base/problem.ts'
import { text, timestamp } from '../base/wire.ts'
import type { PenstockDatabase } from '../database/database.ts'
import { createListener } from '../http/edge.ts'
import type { Database } from '../schema/index.ts'
import type { Definition } from './definition.ts'
import { bareArray, numberedPages, skippingPages } from './envelopes.ts'
import { resource as resourceOfSuite, resourcesIn } from './resource.ts'
import { resourceHandlers } from './resource-handlers.ts'
import { pageStatement } from './resource-pages.ts'
import { existingIds, rowStatement } from './resource-queries.ts'

interface Stamps {
  readonly created_at: string
  readonly version: number
}
interface AlbumTable extends Stamps {
  readonly tenant_id: number
  readonly owner: string
  readonly id: string
  readonly name: string
}
interface TrackTable extends AlbumTable {
  readonly album_id: string
  readonly status: 'pending' | 'done'
  readonly start_time: string | null
  readonly time_order: string
  readonly day: string | null
  readonly day_order: string
  readonly price: string | null
  readonly tags: readonly string[]
}
const resource = resourcesIn<Database & { readonly test_album: AlbumTable; readonly test_track: TrackTable }>()

const scopes = { read: 'feedback:read', write: 'feedback:write' } as const
const day = z.iso.date()
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, such as 06:30')
const instant = { schema: timestamp, type: 'timestamptz', given: true } as const

const albums = resource('albums', {
  title: 'Album',
  path: '/albums',
  scopes,
  table: 'test_album',
  owned: true,
  id: 'uuid',
  fields: { name: { schema: text(200) }, owner: { schema: text(200), given: true }, created_at: instant },
  also: { track_count: z.int() },
  order: ['-created_at'],
  page: { limit: 100, max: 1_000, envelope: bareArray },
})

const tracks = resource('tracks', {
  title: 'Track',
  path: '/tracks',
  scopes,
  table: 'test_track',
  owned: true,
  id: text(128),
  parent: { parameter: 'album_id', column: 'album_id', table: 'test_album', id: 'uuid', title: 'Album', owned: true },
  fields: {
    name: { schema: text(200) },
    status: { schema: z.enum(['pending', 'done']), default: 'pending', filter: 'equals' },
    startTime: { schema: timeOfDay, column: 'start_time', type: 'time', sort: 'time_order', optional: true },
    day: { schema: day, type: 'date', sort: 'day_order', optional: true, filter: 'range' },
    price: { schema: z.number().min(0).max(1e9), type: 'numeric', optional: true },
    tags: { schema: z.array(text(20)).max(10), type: 'text[]', default: [] },
    album_id: { schema: z.string(), type: 'uuid', given: true },
  },
  order: ['-day', 'startTime'],
  page: { limit: 100, max: 1_000, envelope: numberedPages },
  created: 200,
})
const routes = { ...albums.routes, ...tracks.routes }

const TABLES = `
  create table test_album (
    tenant_id int not null references tenant, owner text not null, id uuid not null default gen_random_uuid(), name text not null,
    created_at timestamptz not null, created_by text not null, updated_at timestamptz not null, updated_by text not null, version int not null,
    deleted_at timestamptz, deleted_by text,
    primary key (tenant_id, owner, id));
  create table test_track (
    tenant_id int not null references tenant, owner text not null, id text not null, album_id uuid not null, name text not null,
    status text not null, start_time time, day date, price numeric, tags text[] not null,
    time_order time not null generated always as (coalesce(start_time, '24:00')) stored,
    day_order date not null generated always as (coalesce(day, '-infinity')) stored,
    created_at timestamptz not null, created_by text not null, updated_at timestamptz not null, updated_by text not null, version int not null,
    deleted_at timestamptz, deleted_by text,
    primary key (tenant_id, owner, id),
    foreign key (tenant_id, owner, album_id) references test_album (tenant_id, owner, id));
  create index test_track_order on test_track (tenant_id, owner, album_id, day_order desc, time_order, id) where deleted_at is null;`

const protect = (table: string): string => `
  create trigger stamp before insert or update on ${table} for each row execute function stamp_row();
  alter table ${table} enable row level security; alter table ${table} force row level security;
  create policy tenant_isolation on ${table} using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::int);
  grant select, insert, update on ${table} to penstock_feedback;`

let database: TestDatabase
let db: PenstockDatabase
let front: RunningServer
let tenantId: number
let keys: { readonly own: string; readonly other: string }

beforeAll(async () => {
  database = await createTestDatabase()
  await database.query(TABLES + protect('test_album') + protect('test_track'))
  tenantId = await createTenant(database, 'own')
  await createTenant(database, 'other')
  const client = await database.connect()
  const make = async (tenant: string): Promise<string> => {
    const wanted = { tenant, scopes: ['feedback:read', 'feedback:write'], expiresInDays: null }
    return (await createKey({ client, randomBytes, checksumKey }, wanted)).key
  }
  keys = { own: await make('own'), other: await make('other') }
  await client.end()
  db = database.openAs('feedback', { poolSize: 8 })
  const deps = { db, cursorKey: Buffer.alloc(32, 3) }
  const countTracks = sql`(select count(*)::int from test_track t where t.tenant_id = test_album.tenant_id
    and t.owner = test_album.owner and t.album_id = test_album.id and t.deleted_at is null)`
  const handlers = {
    ...resourceHandlers(deps, albums, {
      also: { track_count: countTracks },
      children: [tracks as unknown as Definition],
    }),
    ...resourceHandlers(deps, tracks, {
      check: async (_tx, { before, change }) => {
        if (before?.['status'] === 'done' && change.status === 'pending')
          throw new Problem(invalid, 'A track that is done stays done')
        return change
      },
    }),
  }
  const config = edgeConfig({ checksumKeys: [checksumKey] })
  front = await startFront(createListener('feedback', { config, db, routes, handlers: handlers as never }))
})
afterAll(async () => {
  await front.stop()
  await database.drop()
})

interface Ask {
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
  /** The user for whom the key acts. */
  readonly owner?: string
}

async function ask(method: string, path: string, { json, headers = {}, key = keys.own, owner = 'ann' }: Ask = {}) {
  const acting = path.includes('user_id=') ? path : `${path}${path.includes('?') ? '&' : '?'}user_id=${owner}`
  const response = await fetch(front.url + acting, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const body = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body,
    json: (body === '' ? undefined : JSON.parse(body)) as never,
  }
}

const album = async (more: Ask = {}): Promise<string> =>
  ((await ask('POST', '/albums', { json: { name: 'Night' }, ...more })).json as { id: string }).id
const id = (): string => `t-${randomBytes(6).toString('hex')}`

describe('the definition', () => {
  it('makes routes that document themselves', () => {
    expect(Object.keys(tracks.routes)).toEqual(
      ['List', 'Read', 'Create', 'Put', 'Patch', 'Remove'].map((one) => `tracks${one}`),
    )
    expect(tracks.routes.tracksPatch).toMatchObject({
      method: 'PATCH',
      path: '/tracks/{id}',
      scope: 'feedback:write',
      audit: 'test_track.update',
      reads: ['If-Match'],
    })
  })

  it('compiles only with columns that exist and can hold their values', () => {
    const page = { limit: 1, max: 1, envelope: bareArray }
    const rest = { title: 'X', path: '/x', scopes, table: 'test_album', order: [], page } as const
    // @ts-expect-error there is no such column
    resource('x', { ...rest, fields: { label: { schema: text(10) } } })
    // @ts-expect-error a version is no text
    resource('x', { ...rest, fields: { version: { schema: text(10) } } })
    const fitting = resource('x', { ...rest, fields: { version: { schema: z.int(), type: 'int' } } })
    expect(fitting.routes.xList.path).toBe('/x')
    const page2 = { limit: 1, max: 1, envelope: skippingPages }
    const own = { ...rest, table: 'insight_feedback', page: page2, fields: { comment: { schema: text(9) } } } as const
    expect(Object.keys(resourceOfSuite('comments', { ...own, only: ['read'] }).routes)).toEqual(['commentsRead'])
  })

  it('refuses an order by a field that may be null, whose cursor would be a filter', () => {
    const { fields } = tracks
    const nullable = { ...fields, day: { schema: day, type: 'date', optional: true } } as const
    expect(() => resource('tracks', { ...tracks, fields: nullable, only: ['list'] } as never)).toThrow(
      'ordered by day, which may be null',
    )
  })
})

describe('a row', () => {
  it('comes back as it was sent, with defaults, stamps and an ETag', async () => {
    const album_id = await album()
    const sent = { id: id(), name: 'Dawn', startTime: '06:30', day: '2026-02-14', price: 20.52, tags: ['a'] }
    const made = await ask('POST', `/tracks?album_id=${album_id}`, { json: sent })
    expect(made.status, made.body).toBe(200)
    expect(made.json).toEqual({ ...sent, status: 'pending', album_id })
    expect(made.headers.get('etag')).toBe('"1"')
    const again = await ask('GET', `/tracks/${sent.id}`)
    expect(again.body).toBe(made.body)
    expect((await ask('GET', `/tracks/${sent.id}`, { headers: { 'if-none-match': '"1"' } })).status).toBe(304)
    const [row] = await database.query('select created_by, updated_by, version from test_track where id = $1', [
      sent.id,
    ])
    expect(row).toEqual({
      created_by: expect.stringMatching(/^key:/),
      updated_by: expect.stringMatching(/^key:/),
      version: 1,
    })
  })

  it('keeps all digits of a decimal that the database has', async () => {
    const album_id = await album()
    const one = id()
    await ask('POST', `/tracks?album_id=${album_id}`, { json: { id: one, name: 'x' } })
    await database.query(`update test_track set price = 20.52022672899000000000123 where id = $1`, [one])
    expect((await ask('GET', `/tracks/${one}`)).body).toContain('20.52022672899000000000123')
  })

  it('changes only the fields that are sent; null empties, where that may be; unknown fields are ignored', async () => {
    const album_id = await album()
    const one = id()
    await ask('POST', `/tracks?album_id=${album_id}`, {
      json: { id: one, name: 'x', startTime: '06:30', day: '2026-01-01' },
    })
    for (const method of ['PUT', 'PATCH']) {
      const changed = await ask(method, `/tracks/${one}`, { json: { name: method, owner: 'thief', id: 'other' } })
      expect(changed.json).toMatchObject({ id: one, name: method, startTime: '06:30' })
    }
    expect((await ask('PATCH', `/tracks/${one}`, { json: { startTime: null } })).json).toMatchObject({
      startTime: null,
      day: '2026-01-01',
    })
    expect((await ask('PATCH', `/tracks/${one}`, { json: { name: null } })).status).toBe(422)
    const nothing = await ask('PATCH', `/tracks/${one}`, { json: {} })
    expect([nothing.status, nothing.headers.get('etag')]).toEqual([200, '"4"'])
    expect(await database.query('select owner from test_track where id = $1', [one])).toEqual([{ owner: 'ann' }])
  })

  it('is changed only at the version that If-Match names: of 20 rivals one wins', async () => {
    const album_id = await album()
    const one = id()
    await ask('POST', `/tracks?album_id=${album_id}`, { json: { id: one, name: 'x' } })
    const rivals = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        ask('PATCH', `/tracks/${one}`, { json: { name: `r${i}` }, headers: { 'if-match': '"1"' } }),
      ),
    )
    expect(rivals.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 412),
    ])
    expect((await ask('DELETE', `/tracks/${one}`, { headers: { 'if-match': '"1"' } })).status).toBe(412)
    expect((await ask('DELETE', `/tracks/${one}`, { headers: { 'if-match': '"9", "2"' } })).status).toBe(204)
  })

  it('obeys the rule of its slice, inside the transaction', async () => {
    const album_id = await album()
    const one = id()
    await ask('POST', `/tracks?album_id=${album_id}`, { json: { id: one, name: 'x', status: 'done' } })
    expect((await ask('PATCH', `/tracks/${one}`, { json: { status: 'pending' } })).status).toBe(422)
  })

  it.each(["id = id || 'x'", "owner = 'ben'", "created_by = 'x'", "created_at = now() - interval '1 s'"])(
    'never changes its key or its beginning: %s',
    async (set) => {
      const album_id = await album()
      const one = id()
      await ask('POST', `/tracks?album_id=${album_id}`, { json: { id: one, name: 'x' } })
      await expect(database.query(`update test_track set ${set} where id = $1`, [one])).rejects.toMatchObject({
        code: '23514',
        message: expect.stringContaining('never changes'),
      })
    },
  )

  it('that is deleted is 404 everywhere, and hides its children in the same transaction', async () => {
    const album_id = await album()
    const one = id()
    await ask('POST', `/tracks?album_id=${album_id}`, { json: { id: one, name: 'x' } })
    expect((await ask('GET', `/albums/${album_id}`)).json).toMatchObject({ track_count: 1 })
    expect((await ask('DELETE', `/albums/${album_id}`)).status).toBe(204)
    for (const [method, path] of [
      ['GET', `/albums/${album_id}`],
      ['DELETE', `/albums/${album_id}`],
      ['GET', `/tracks/${one}`],
      ['GET', `/tracks?album_id=${album_id}`],
    ] as const)
      expect((await ask(method, path)).status, `${method} ${path}`).toBe(404)
    const created = await ask('POST', `/tracks?album_id=${album_id}`, { json: { id: id(), name: 'x' } })
    expect([created.status, created.json]).toMatchObject([404, { detail: 'Album not found' }])
    expect(await database.query('select deleted_by from test_track where id = $1', [one])).toEqual([
      { deleted_by: expect.stringMatching(/^key:/) },
    ])
  })

  it('of another owner or another tenant is 404, and both may have its id', async () => {
    const album_id = await album()
    const one = id()
    await ask('POST', `/tracks?album_id=${album_id}`, { json: { id: one, name: 'hers' } })
    const ben = { owner: 'ben' }
    for (const stranger of [ben, { key: keys.other }]) {
      expect((await ask('GET', `/tracks/${one}`, stranger)).status).toBe(404)
      expect((await ask('PATCH', `/tracks/${one}`, { json: { name: 'mine' }, ...stranger })).status).toBe(404)
      expect((await ask('DELETE', `/tracks/${one}`, stranger)).status).toBe(404)
      expect(
        (await ask('POST', `/tracks?album_id=${album_id}`, { json: { id: id(), name: 'x' }, ...stranger })).status,
      ).toBe(404)
    }
    const his = await album(ben)
    expect(
      (await ask('POST', `/tracks?album_id=${his}`, { json: { id: one, name: 'his' }, ...ben })).json,
    ).toMatchObject({ name: 'his' })
    expect((await ask('GET', `/tracks/${one}`)).json).toMatchObject({ name: 'hers' })
  })
})

describe('a create', () => {
  it("with a client's id is safe to repeat, compared in the form of the wire", async () => {
    const album_id = await album()
    const json = { id: id(), name: 'x', startTime: '06:30', price: 1.5, day: '2026-02-14' }
    const path = `/tracks?album_id=${album_id}`
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('POST', path, { json })))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1)
    expect((await ask('POST', path, { json: { ...json, price: 1.5, status: 'pending' } })).status).toBe(200)
    expect((await ask('POST', path, { json: { ...json, startTime: '06:31' } })).status).toBe(409)
    expect((await ask('POST', `/tracks?album_id=${await album()}`, { json })).status).toBe(409)
    await ask('DELETE', `/tracks/${json.id}`)
    expect((await ask('POST', path, { json })).status).toBe(409)
  })

  it('with an Idempotency-Key writes once, also where the database gives the id', async () => {
    const headers = { 'idempotency-key': id() }
    const first = await ask('POST', '/albums', { json: { name: 'once' }, headers })
    const second = await ask('POST', '/albums', { json: { name: 'once' }, headers })
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.json).toEqual(first.json)
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
    expect((await ask('POST', '/albums', { json: { name: 'other' }, headers })).status).toBe(422)
  })

  it.each([{}, { name: '' }, { name: 7 }, { name: 'a\0' }, { name: 'n'.repeat(201) }, { name: null }])(
    'refuses %j',
    async (json) => {
      expect((await ask('POST', '/albums', { json })).status).toBe(422)
    },
  )
})

describe('a page', () => {
  let album_id: string
  const names = async (query: string) => {
    const { json } = await ask('GET', `/tracks?album_id=${album_id}${query}`)
    return (json as { items: readonly { id: string }[] }).items.map((one) => one.id)
  }
  beforeAll(async () => {
    album_id = await album()
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const json = {
          id: `p${String(i).padStart(2, '0')}`,
          name: `T${i}`,
          day: i % 7 === 6 ? null : `2026-01-0${1 + (i % 5)}`,
          startTime: i % 3 ? `0${i % 10}:00` : null,
          status: i % 2 ? 'done' : 'pending',
        }
        const { status, body } = await ask('POST', `/tracks?album_id=${album_id}`, { json })
        if (status !== 200) throw new Error(body)
      }),
    )
  })

  it('is in the order of its definition, with rows that have none last', async () => {
    const { json } = await ask('GET', `/tracks?album_id=${album_id}`)
    const { items, ...facts } = json as {
      items: readonly { id: string; day: string | null; startTime: string | null }[]
    }
    expect(facts).toEqual({ total: 60, page: 1, limit: 100, has_more: false })
    const keyed = items.map((one) => [one.day ?? '', one.startTime ?? '24:00', one.id] as const)
    const sorted = keyed.toSorted((a, b) =>
      a[0] === b[0] ? (`${a[1]}${a[2]}` < `${b[1]}${b[2]}` ? -1 : 1) : a[0] > b[0] ? -1 : 1,
    )
    expect(keyed).toEqual(sorted)
  })

  it('by skip, and by Link while others are added before, holds each row once', async () => {
    const all = await names('')
    const skipped: string[] = []
    for (let skip = 0; skip < 60; skip += 9) skipped.push(...(await names(`&skip=${skip}&limit=9`)))
    expect(skipped).toEqual(all)
    const walked: string[] = []
    for (let path: string | undefined = `/tracks?album_id=${album_id}&limit=7`; path !== undefined; ) {
      const page = await ask('GET', path)
      walked.push(...(page.json as { items: readonly { id: string }[] }).items.map((one) => one.id))
      await ask('POST', `/tracks?album_id=${album_id}`, {
        json: { id: `zz-${id()}`, name: 'later', day: '2026-02-01' },
      })
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
    }
    expect(walked).toEqual(all)
    await database.query(`update test_track set deleted_at = now() where id like 'zz-%'`)
  })

  it('has filters, and a total of what matches', async () => {
    expect(await names('&status=done')).toHaveLength(30)
    const days = await ask('GET', `/tracks?album_id=${album_id}&day_from=2026-01-02&day_to=2026-01-02&limit=1`)
    expect(days.json).toMatchObject({
      total: Array.from({ length: 60 }, (_, i) => i).filter((i) => i % 7 !== 6 && i % 5 === 1).length,
    })
    expect((await ask('GET', `/tracks?album_id=${album_id}&skip=500`)).json).toMatchObject({
      items: [],
      total: 60,
      has_more: false,
    })
  })

  it.each([
    'limit=0',
    'limit=1001',
    'skip=-1',
    'skip=10001',
    'limit=1e2',
    'status=x',
    'day_from=2026-02-30',
    'cursor=x',
  ])('refuses ?%s', async (query) => {
    expect((await ask('GET', `/tracks?album_id=${album_id}&${query}`)).status).toBe(422)
  })

  it('refuses a cursor of another owner, another parent or another filter', async () => {
    const first = await ask('GET', `/tracks?album_id=${album_id}&limit=7`)
    const cursor = /cursor=([^>&]+)/.exec(first.headers.get('link') ?? '')?.[1]
    expect((await ask('GET', `/tracks?album_id=${album_id}&limit=9&cursor=${cursor}`)).status).toBe(200)
    expect((await ask('GET', `/tracks?album_id=${album_id}&limit=7&status=done&cursor=${cursor}`)).status).toBe(422)
    expect((await ask('GET', `/tracks?album_id=${await album()}&limit=7&cursor=${cursor}`)).status).toBe(422)
    expect(
      (await ask('GET', `/tracks?album_id=${album_id}&limit=7&cursor=${cursor}`, { key: keys.other })).status,
    ).toBe(422)
  })

  it('needs its parent', async () => {
    expect((await ask('GET', '/tracks')).status).toBe(422)
    expect((await ask('GET', '/tracks?album_id=x')).status).toBe(404)
  })
})

describe('among many rows', () => {
  const definition = tracks as unknown as Definition
  const OLD = 20_000
  let album_id: string
  beforeAll(async () => {
    album_id = await album()
    await database.query(`select set_config('app.actor', 'test', false)`)
    await database.query(
      `insert into test_track (tenant_id, owner, id, album_id, name, status, tags, day)
       select $1::int, 'ann', 'many-' || n, $2::uuid, 'x', 'done', '{}', date '2020-01-01' + (n % 1000) from generate_series(1, $3::int) n`,
      [tenantId, album_id, OLD],
    )
    await database.query('analyze test_track')
  })
  const scope = () => ({ tenantId, owner: 'ann', parentId: album_id })

  it('a cursor is a condition of the index: a page in the middle reads no row before it', async () => {
    const after = ['2021-06-01', '24:00:00', 'many-0']
    const plan = await db.read(tenantId, async (tx) => {
      const statement = pageStatement(definition, {}, { scope: scope(), filters: [], skip: 0, limit: 50, after })
      const { rows } = await sql<{
        'QUERY PLAN': unknown
      }>`explain (analyze, buffers, format json) ${statement}`.execute(tx)
      return JSON.stringify(rows[0]?.['QUERY PLAN'])
    })
    const scan = /\{[^{}]*"Index Name":"test_track_order"[^{}]*"Index Cond":"([^"]*)"[^{}]*\}/.exec(
      plan.slice(plan.indexOf('"Node Type":"Limit"')),
    )
    expect(scan?.[1]).toContain('day_order <=')
    expect(Number(/"Rows Removed by Filter":(\d+)/.exec(scan?.[0] ?? '')?.[1] ?? 0)).toBeLessThan(100)
  })

  it('an id is cast as a parameter: one row is found by the key, and a text that is no id is 404', async () => {
    for (const path of [
      '/albums/x',
      "/albums/'",
      '/albums/00000000-0000-0000-0000-00000000000g',
      `/tracks/${'i'.repeat(1_001)}`,
    ])
      expect((await ask('GET', path)).status, path).toBe(404)
    const plan = await db.read(tenantId, async (tx) => {
      await sql`set local enable_seqscan = off`.execute(tx)
      const statement = rowStatement(albums as unknown as Definition, {}, { scope: scope(), id: album_id })
      return JSON.stringify((await sql`explain ${statement}`.execute(tx)).rows)
    })
    expect(plan).toMatch(/Index Cond: [^"]*\(id = '/)
  })

  it('references to rows of the same transaction are looked up at once', async () => {
    const ids = Array.from({ length: OLD }, (_, i) => `many-${i + 1}`)
    const begun = performance.now()
    const there = await db.write(
      tenantId,
      async (tx) => await existingIds(tx, definition, scope(), [...ids, 'nothing']),
    )
    expect(there.size).toBe(OLD)
    expect(performance.now() - begun).toBeLessThan(10_000)
  })
})
