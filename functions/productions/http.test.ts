// The routes through the front, as clients meet them. A name in parentheses is a defect of the system that this slice grew from.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nextPath, openPeopleSlice, type Sent, tally } from '../../test/support/http/people-slice.ts'
import productions from './index.ts'

let stand: Awaited<ReturnType<typeof openPeopleSlice>>
let ann: string
let ben: string
beforeAll(async () => {
  stand = await openPeopleSlice(productions)
  ;[ann, ben] = [stand.userOf('ann'), stand.userOf('ben')]
})
afterAll(async () => await stand.close())

const ask = async (method: string, path: string, sent: Sent = {}) => await stand.ask(method, path, { as: ann, ...sent })
const id = (kind: string): string => `${kind}-${randomUUID().slice(0, 8)}`
const project = async (as = ann): Promise<string> =>
  ((await ask('POST', '/projects', { json: { name: 'Night Train' }, as })).json as { id: string }).id
const add = async (path: string, project_id: string, json: object, as = ann) =>
  await ask('POST', `${path}?project_id=${project_id}`, { json: { id: id('x'), title: 'Opening', ...json }, as })
const items = async (path: string, project_id: string, query = '') =>
  ((await ask('GET', `${path}?project_id=${project_id}${query}`)).json as { items: readonly Record<string, unknown>[] })
    .items
const addGear = async (more: object = {}) =>
  (await ask('POST', '/inventory', { json: { id: id('g'), name: 'FX6', category: 'Camera', ...more } })).json as {
    id: string
  }

const whole = () => ({
  id: id('shot'),
  title: 'Opening',
  description: 'Dawn over the harbour',
  status: 'pending',
  startTime: '06:30',
  duration: '2h',
  location: 'Harbour',
  remarks: null,
  date: '2026-02-14',
  sceneNumber: '12A',
  equipmentIds: [] as string[],
  preparedEquipmentIds: [] as string[],
})

describe('a shot', () => {
  it('comes back as it was sent, field by field (V3)', async () => {
    const [project_id, gear] = [await project(), await addGear()]
    const sent = { ...whole(), equipmentIds: [gear.id], preparedEquipmentIds: [gear.id] }
    const made = await add('/shots', project_id, sent)
    expect(made.status, made.text).toBe(200)
    expect(made.json).toEqual({ ...sent, project_id })
    expect((await ask('GET', `/shots/${sent.id}`)).json).toEqual(made.json)
    expect(await items('/shots', project_id)).toEqual([made.json])
  })

  it('changes in the fields that are sent; null empties, and what is missing is 404, not 500 (V10)', async () => {
    const sent = whole()
    await add('/shots', await project(), sent)
    const changed = await ask('PATCH', `/shots/${sent.id}`, {
      json: { startTime: null, date: 'Mar 1, 2026', tenant_id: 9 },
    })
    expect(changed.json).toMatchObject({ startTime: null, date: '2026-03-01', title: 'Opening' })
    expect((await ask('DELETE', `/shots/${sent.id}`)).status).toBe(204)
    for (const method of ['GET', 'DELETE']) {
      const gone = await ask(method, `/shots/${sent.id}`)
      expect([gone.status, (gone.json as { detail: string }).detail]).toEqual([404, 'Shot not found'])
      expect(gone.text).not.toMatch(/production_|select|stack/)
    }
  })

  it('has gear of its owner alone, and gear that is deleted leaves it (V11)', async () => {
    const [project_id, gear, sent] = [await project(), await addGear(), whole()]
    const refused = await add('/shots', project_id, { ...sent, equipmentIds: [gear.id, 'nothing'] })
    expect(refused.json).toMatchObject({ status: 422, errors: [{ pointer: '/equipmentIds/1' }] })
    const prepared = await add('/shots', project_id, { ...sent, preparedEquipmentIds: [gear.id] })
    expect(prepared.json).toMatchObject({ status: 422, errors: [{ pointer: '/preparedEquipmentIds/0' }] })
    await add('/shots', project_id, { ...sent, equipmentIds: [gear.id], preparedEquipmentIds: [gear.id] })
    expect((await ask('PATCH', `/shots/${sent.id}`, { json: { equipmentIds: [] } })).json).toMatchObject({
      preparedEquipmentIds: [],
    })
    await ask('PATCH', `/shots/${sent.id}`, { json: { equipmentIds: [gear.id], preparedEquipmentIds: [gear.id] } })
    expect((await ask('DELETE', `/inventory/${gear.id}`)).status).toBe(204)
    const without = { equipmentIds: [], preparedEquipmentIds: [] }
    expect((await ask('GET', `/shots/${sent.id}`)).json).toMatchObject(without)
  })

  it.each([
    ['no title', { title: undefined }, '/title'],
    ['a status', { status: 'maybe' }, '/status'],
    ['a day that is none', { date: '2026-02-30' }, '/date'],
    ['a day of the web client that is none', { date: 'Feb 30, 2026' }, '/date'],
    ['the year 0', { date: '0000-01-01' }, '/date'],
    ['an hour that is none', { startTime: '25:00' }, '/startTime'],
    ['an id of 129', { id: 'i'.repeat(129) }, '/id'],
  ])('with %s is refused', async (_, more, pointer) => {
    const { json } = await add('/shots', await project(), { ...whole(), ...more })
    expect(json).toMatchObject({ status: 422, errors: [{ pointer }] })
  })
})

describe('a page', () => {
  it('holds each shot once, in order, while others are added before (V6), and is bounded (V7)', async () => {
    const project_id = await project()
    for (let i = 0; i < 20; i++)
      await add('/shots', project_id, {
        date: i % 4 === 3 ? null : `2026-01-0${1 + (i % 3)}`,
        startTime: i % 2 ? '07:00' : null,
      })
    const all = (await items('/shots', project_id)).map((one) => one['id'])
    const walked: unknown[] = []
    for (let path: string | undefined = `/shots?project_id=${project_id}&limit=6`; path !== undefined; ) {
      const page = await ask('GET', path)
      walked.push(...(page.json as { items: readonly { id: string }[] }).items.map((one) => one.id))
      await add('/shots', project_id, { date: '2026-01-31' })
      path = nextPath(page)
    }
    expect(walked).toEqual(all)
    for (const query of ['limit=0', 'limit=1001', 'skip=-1', 'skip=10001', 'limit=1e2', 'status=x'])
      expect((await ask('GET', `/shots?project_id=${project_id}&${query}`)).status, query).toBe(422)
  })

  it('of tasks is as on a board: status, then critical to low, then due day (V6)', async () => {
    const project_id = await project()
    const all = [
      { title: 'done', status: 'done', priority: 'critical' },
      { title: 'low', priority: 'low', dueDate: '2026-05-01' },
      { title: 'review', status: 'review' },
      { title: 'high', priority: 'high', dueDate: '2026-05-01' },
      { title: 'whenever', priority: 'high' },
      { title: 'earlier', priority: 'high', dueDate: '2026-04-01' },
      { title: 'critical', priority: 'critical' },
    ]
    for (const task of all) expect((await add('/postprod', project_id, task)).json).toMatchObject(task)
    const board = ['critical', 'earlier', 'high', 'whenever', 'low', 'review', 'done']
    expect((await items('/postprod', project_id)).map((one) => one['title'])).toEqual(board)
    const walked: unknown[] = []
    for (let path: string | undefined = `/postprod?project_id=${project_id}&limit=2`; path !== undefined; ) {
      const page = await ask('GET', path)
      walked.push(...(page.json as { items: readonly { title: string }[] }).items.map(({ title }) => title))
      path = nextPath(page)
    }
    expect(walked).toEqual(board)
    expect((await items('/postprod', project_id, '&status=review')).map((one) => one['title'])).toEqual(['review'])
  })

  it('with more bytes than an answer may have is refused, and smaller ones are answered (V7)', async () => {
    const project_id = await project()
    const content = '\u0001'.repeat(100_000)
    for (let i = 0; i < 15; i++) expect((await add('/notes', project_id, { content })).status).toBe(200)
    const refused = await ask('GET', `/notes?project_id=${project_id}`)
    expect(refused.json).toMatchObject({ status: 422, errors: [{ pointer: '?limit' }] })
    expect(await items('/notes', project_id, '&limit=5')).toHaveLength(5)
    const bulk = await ask('GET', `/api/bulk/project/${project_id}`)
    expect([bulk.status, (bulk.json as { detail: string }).detail]).toEqual([
      422,
      expect.stringMatching(/^The notes are/),
    ])
  })

  it('shows a write at once: nothing of a list is cached (V9)', async () => {
    const project_id = await project()
    const empty = await ask('GET', `/shots?project_id=${project_id}`)
    expect(empty.headers.get('cache-control')).toBe('private, no-cache')
    await add('/shots', project_id, {})
    const headers = { 'if-none-match': empty.headers.get('etag') ?? '' }
    expect((await ask('GET', `/shots?project_id=${project_id}`, { headers })).status).toBe(200)
    expect(await items('/shots', project_id)).toHaveLength(1)
  })
})

describe('a note', () => {
  it('is about a shot and a task of its project, and loses them when they are deleted (V11)', async () => {
    const [project_id, shot, task] = [await project(), id('s'), id('t')]
    await add('/shots', project_id, { id: shot })
    await add('/postprod', project_id, { id: task })
    const note = (await add('/notes', project_id, { content: 'Fog', shotId: shot, taskId: task })).json as {
      id: string
    }
    expect(note).toMatchObject({ shotId: shot, taskId: task })
    const foreign = await add('/notes', await project(), { content: '', shotId: shot })
    expect(foreign.json).toMatchObject({ status: 422, errors: [{ pointer: '/shotId' }] })
    await ask('DELETE', `/shots/${shot}`)
    await ask('DELETE', `/postprod/${task}`)
    expect((await ask('GET', `/notes/${note.id}`)).json).toMatchObject({ shotId: null, taskId: null })
  })
})

describe('gear and the catalogue', () => {
  it('keeps money by its digits, and shows the specifications of its item', async () => {
    const [item] = await stand.database.query<{ id: string; brand_id: string; category_id: string }>(`
      with b as (insert into gear_brand (name) values ('Arri') returning id),
        c as (insert into gear_category (name, slug) values ('Camera', 'camera') returning id)
      insert into gear_item (brand_id, category_id, name, specs) select b.id, c.id, 'Alexa', '{"sensor":"S35"}' from b, c returning *`)
    if (!item) throw new Error('no item')
    const gear = await addGear({ catalogItemId: item.id, pricePerDay: 0.1, rentalPrice: 1234.56 })
    const read = await ask('GET', `/inventory/${gear.id}`)
    expect(read.text).toMatch(/"pricePerDay" ?: ?0\.1,.*"rentalPrice" ?: ?1234\.56,/)
    expect(read.json).toMatchObject({ specs: { sensor: 'S35' } })
    const unknown = await ask('PATCH', `/inventory/${gear.id}`, { json: { catalogItemId: randomUUID() } })
    expect(unknown.json).toMatchObject({ status: 422, errors: [{ pointer: '/catalogItemId' }] })
    const brands = await ask('GET', `/catalog/brands?category_id=${item.category_id}`)
    expect(brands.json).toEqual([{ id: item.brand_id, name: 'Arri' }])
    expect(brands.headers.get('cache-control')).toBe('private, max-age=3600')
    expect((await ask('GET', `/catalog/items?brand_id=${item.brand_id}`)).json).toMatchObject([{ id: item.id }])
    expect((await ask('GET', `/catalog/items/${item.id}/specs`)).json).toEqual({ sensor: 'S35' })
    for (const unknownId of [randomUUID(), 'x'])
      expect((await ask('GET', `/catalog/items/${unknownId}`)).status).toBe(404)
    await stand.database.query(
      `insert into gear_category (name, slug) select 'More', 'more-' || n from generate_series(1, 3) n`,
    )
    const first = await ask('GET', '/catalog/categories?limit=3')
    expect((first.json as readonly { slug: string }[]).map(({ slug }) => slug)).toEqual(['camera', 'more-1', 'more-2'])
    expect((await ask('GET', nextPath(first) ?? '')).json).toMatchObject([{ slug: 'more-3' }])
  })
})

describe('a bulk read', () => {
  it('answers a project with its content, and what a client starts with', async () => {
    const project_id = await project()
    const shot = await add('/shots', project_id, {})
    const whole = await ask('GET', `/api/bulk/project/${project_id}`)
    expect(whole.json).toEqual({ shots: [shot.json], notes: [], tasks: [] })
    const initial = (await ask('GET', `/api/bulk/initial?project_id=${project_id}`)).json as Record<string, unknown[]>
    expect(Object.keys(initial)).toEqual(['projects', 'inventory', 'shots', 'notes', 'tasks'])
    expect(Object.keys((await ask('GET', '/api/bulk/initial')).json)).toEqual(['projects', 'inventory'])
    for (const unknown of [randomUUID(), 'x']) {
      const refused = await ask('GET', `/api/bulk/project/${unknown}`)
      expect([refused.status, (refused.json as { detail: string }).detail]).toEqual([404, 'Project not found'])
    }
  })
})

describe('an owner', () => {
  it('has rows of its own, and two may choose one id (V8)', async () => {
    const [hers, his, one] = [await project(ann), await project(ben), id('same')]
    expect((await add('/shots', hers, { id: one, title: 'Hers' }, ann)).status).toBe(200)
    expect((await add('/shots', his, { id: one, title: 'His' }, ben)).status).toBe(200)
    expect((await ask('GET', `/shots/${one}`, { as: ben })).json).toMatchObject({ title: 'His' })
    for (const [method, path] of [
      ['GET', `/projects/${hers}`],
      ['GET', `/shots?project_id=${hers}`],
      ['GET', `/api/bulk/project/${hers}`],
      ['PATCH', `/projects/${hers}`],
      ['DELETE', `/projects/${hers}`],
    ] as const)
      expect(
        (await ask(method, path, { as: ben, ...(method === 'PATCH' ? { json: { name: 'x' } } : {}) })).status,
      ).toBe(404)
    expect((await add('/shots', hers, {}, ben)).status).toBe(404)
  })

  it('is the user of a token, or the user that a key acts for', async () => {
    const hers = await project(ann)
    expect((await ask('GET', `/projects/${hers}?user_id=ann`, { as: ben })).status).toBe(403)
    expect((await ask('GET', `/projects/${hers}?user_id=ann`, { as: stand.keys.own })).json).toMatchObject({
      user_id: 'ann',
    })
    expect((await ask('GET', `/projects/${hers}`, { as: stand.keys.own })).status).toBe(404)
    expect((await ask('GET', `/projects/${hers}?user_id=ann`, { as: stand.keys.other })).status).toBe(404)
  })

  it('is compared by row security too: a statement that forgets the owner sees no row of another user', async () => {
    await project(ben)
    const { requestContext } = await import('@penstock/shared/base/logger.ts')
    const { sql } = await import('kysely')
    const owners = async (subject?: string) => {
      const context = { requestId: 'r', deadline: Date.now() + 10_000, ...(subject === undefined ? {} : { subject }) }
      const asked = async () =>
        await stand.db.read(
          stand.tenantId,
          async (tx) =>
            await sql<{ owner: string }>`select distinct owner from production_project order by 1`.execute(tx),
        )
      return (await requestContext.run(context, asked)).rows.map(({ owner }) => owner)
    }
    expect(await owners('ann')).toEqual(['ann'])
    expect(await owners("o'brien")).toEqual([])
    expect(await owners()).toEqual(expect.arrayContaining(['ann', 'ben']))
  })

  it('has keys for repeated creates of its own: another user is not given its answer', async () => {
    const headers = { 'idempotency-key': id('once') }
    const json = { name: 'Once' }
    const first = await ask('POST', '/projects', { json, headers })
    expect((await ask('POST', '/projects', { json, headers })).json).toEqual(first.json)
    const other = await ask('POST', '/projects', { json, headers, as: ben })
    expect(other.status, other.text).toBe(422)
    expect(other.text).not.toContain((first.json as { id: string }).id)
  })
})

describe('fifty at once', () => {
  it('create one shot, fifty shots, and fifty of every other kind (V4)', async () => {
    const [project_id, sent] = [await project(), whole()]
    const fifty = async (run: (i: number) => Promise<{ status: number }>) =>
      tally(await Promise.all(Array.from({ length: 50 }, async (_, i) => await run(i))))
    expect(await fifty(async () => await add('/shots', project_id, sent))).toEqual({ 200: 50 })
    expect(await items('/shots', project_id)).toHaveLength(1)
    expect(await fifty(async (i) => await add('/shots', project_id, { ...sent, title: `${i}` }))).toEqual({ 409: 50 })
    for (const path of ['/shots', '/notes', '/postprod']) {
      expect(await fifty(async () => await add(path, project_id, { content: '' })), path).toEqual({ 200: 50 })
    }
    expect(await items('/shots', project_id)).toHaveLength(51)
    expect(await fifty(async () => ({ status: (await addGear()).id ? 200 : 500 }))).toEqual({ 200: 50 })
    expect(await fifty(async () => await ask('POST', '/projects', { json: { name: 'x' } }))).toEqual({ 200: 50 })
  })

  it('change and delete: of rivals with one version one wins, and gear that is deleted is on no shot (V5)', async () => {
    const [project_id, gear, sent] = [await project(), await addGear(), whole()]
    const made = await add('/shots', project_id, sent)
    const headers = { 'if-match': made.headers.get('etag') ?? '' }
    const rivals = Array.from(
      { length: 50 },
      async (_, i) => await ask('PATCH', `/shots/${sent.id}`, { json: { title: `r${i}` }, headers }),
    )
    expect(tally(await Promise.all(rivals))).toEqual({ 200: 1, 412: 49 })
    const uses = Array.from({ length: 49 }, async () => await add('/shots', project_id, { equipmentIds: [gear.id] }))
    const removal = ask('DELETE', `/inventory/${gear.id}`)
    const outcomes = await Promise.all([...uses, removal])
    expect(Object.keys(tally(outcomes)).every((status) => ['200', '204', '422'].includes(status))).toBe(true)
    const left = (await items('/shots', project_id)).filter((one) => (one['equipmentIds'] as string[]).length > 0)
    expect(left).toEqual([])
    const removals = Array.from({ length: 50 }, async () => await ask('DELETE', `/projects/${project_id}`))
    expect(tally(await Promise.all(removals))).toEqual({ 204: 1, 404: 49 })
    expect((await ask('GET', `/shots/${sent.id}`)).status).toBe(404)
  })
})
