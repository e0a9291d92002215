// The console over HTTP: files without a credential and without a database.
import { readFile } from 'node:fs/promises'
import { createListener } from '@penstock/shared/http/edge.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFront } from '../../test/support/http/http.ts'
import { STYLESHEET } from './contract.ts'
import console from './index.ts'

let base: string
let stop: () => Promise<void>
const committed = async (): Promise<unknown> =>
  JSON.parse(await readFile(new URL('../../openapi.json', import.meta.url), 'utf8'))

beforeAll(async () => {
  const service = openDeployment('console', [console], readSettings([console], {}))
  const server = await startFront(createListener('console', service, { clock: () => 0 }))
  base = server.url
  stop = server.stop
})
afterAll(async () => await stop())

const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  await fetch(base + path, { method, headers })

describe('the console', () => {
  it('needs no setting in the cloud but the tier, and in particular neither a database nor a key', () => {
    expect(() => readSettings([console], { K_SERVICE: 'console', PENSTOCK_TIER: 'small' })).not.toThrow()
  })

  it('is well without a database', async () => {
    expect((await get('/health')).status).toBe(200)
  })

  it('answers the API document to anybody, and 304 to those who have it', async () => {
    const answer = await get('/openapi.json')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('cache-control')).toBe('max-age=300')
    expect(await answer.json()).toEqual(await committed())
    const etag = answer.headers.get('etag') ?? ''
    expect((await get('/openapi.json', { 'if-none-match': etag })).status).toBe(304)
    expect((await get('/openapi.json', { 'if-none-match': '"another"' })).status).toBe(200)
  })

  it('answers HEAD, takes a slash at the end, and refuses other methods', async () => {
    const head = await get('/docs/', {}, 'HEAD')
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect((await get('/docs', {}, 'POST')).headers.get('allow')).toBe('GET, HEAD')
    expect((await get('/docs/nothing')).status).toBe(404)
  })

  it('has a page that runs no script, loads only its own styles, and cannot be framed', async () => {
    const page = await get('/docs')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|script-src|https?:/)
    const text = await page.text()
    expect(text).not.toMatch(/<script|\son\w+=|\sstyle=/i)
    const loaded = [...text.matchAll(/<(?:link|img|iframe)[^>]+(?:href|src)="([^"]+)"/g)].map(([, url]) => url)
    expect(loaded).toEqual(['data:,', STYLESHEET])
    const style = await get(STYLESHEET)
    expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8')
    expect(await style.text()).not.toMatch(/url\(|@import/)
  })

  it('limits the requests of an address', async () => {
    const statuses = await Promise.all(Array.from({ length: 130 }, async () => (await get(STYLESHEET)).status))
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
  })
})
