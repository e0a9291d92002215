// The routes through the front, as a client and a scheduler meet them.
import { createListener } from '@penstock/shared/http/edge.ts'
import { readSettings } from '@penstock/shared/slice/deployment.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstFormKey } from '../../test/support/http/api-keys.ts'
import { type RunningServer, startFront } from '../../test/support/http/http.ts'
import { type Months, openMonths } from '../../test/support/months/months.ts'
import { configOf } from './config.ts'
import { routes } from './contract.ts'
import partitions from './index.ts'
import { handlersOf } from './replies.ts'

let months: Months
let front: RunningServer
let operator: string
let tenantKey: string
beforeAll(async () => {
  months = await openMonths()
  operator = await makeKey(null, 'operate')
  tenantKey = await makeKey(months.tenant, 'metrics:write')

  const { edge, settings } = readSettings([partitions], { DATABASE_URL: months.db.urlOf('partitions') })
  const { limits, waitMs } = configOf(settings as Parameters<typeof configOf>[0])
  const deps = { ...months.deps(Date.now), limits }
  const handlers = handlersOf(deps, waitMs)
  front = await startFront(createListener('partitions', { config: edge, db: months.database, routes, handlers }))
})
afterAll(async () => {
  await front.stop()
  await months.close()
})

async function makeKey(tenant: number | null, scope: string): Promise<string> {
  const { id, key, secretSha256 } = firstFormKey()
  const add = 'insert into api_key (id, tenant_id, secret_sha256, scopes) values ($1, $2, $3, $4)'
  await months.db.query(add, [id, tenant, secretSha256, [scope]])
  return key
}

async function call(method: string, path: string, key: string | undefined, headers: Record<string, string> = {}) {
  const response = await fetch(new URL(path, front.url), {
    method,
    headers: { ...(key === undefined ? {} : { 'x-api-key': key }), ...headers },
    signal: AbortSignal.timeout(20_000),
  })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}
const runPath = routes.run.path
const listPath = routes.list.path

describe('the routes', () => {
  it('are for operators', async () => {
    for (const [method, path] of [
      ['POST', runPath],
      ['GET', listPath],
    ] as const) {
      expect((await call(method, path, undefined)).status).toBe(401)
      expect((await call(method, path, tenantKey)).status).toBe(403)
    }
    expect(await months.db.query('select from chunk_month')).toEqual([])
  })

  it('run, by hand and with any body or none, and list', async () => {
    const first = await call('POST', runPath, operator)
    expect(first).toMatchObject({ status: 200, json: { status: 'success', replayed: 0, findings: [], more: false } })
    expect(first.json['made']).toHaveLength(4)
    const second = await call('POST', runPath, operator, { 'content-type': 'application/octet-stream' })
    expect(second).toMatchObject({ status: 200, json: { made: [] } })
    const listed = await call('GET', listPath, operator)
    expect(listed.status).toBe(200)
    expect(listed.json['partitions']).toHaveLength(4)
    expect(listed.json['findings']).toEqual([])
  })

  it('answer a partial run with 500, and what has succeeded at its schedule time without doing it again', async () => {
    const headers = {
      'x-cloudscheduler-jobname': 'partitions',
      'x-cloudscheduler-scheduletime': '2026-11-20T17:05:00Z',
    }
    await months.crowd('2014-04-01', 20_001)
    await months.db.query('create table metric_chunk_2014_04 (something text)')
    const failed = await call('POST', runPath, operator, headers)
    expect(failed).toMatchObject({ status: 500, json: { status: 'partial', errors: [{ month: '2014-04-01' }] } })
    await months.db.query('drop table metric_chunk_2014_04')
    const succeeded = await call('POST', runPath, operator, headers)
    expect(succeeded).toMatchObject({ status: 200, json: { status: 'success', made: ['2014-04-01'], replayed: 0 } })
    expect(await call('POST', runPath, operator, headers)).toEqual(succeeded)
  })
})
