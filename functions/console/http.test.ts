// The console over HTTP: files without a credential and without a database.
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { createListener } from '@penstock/shared/http/edge.ts'
import { openDeployment, readSettings } from '@penstock/shared/slice/deployment.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltPage, buildPage } from '../../test/support/http/built-console.ts'
import { startFront } from '../../test/support/http/http.ts'
import { STYLESHEET } from './contract.ts'
import console from './index.ts'

let base: string
let stop: () => Promise<void>
const committed = async (): Promise<unknown> =>
  JSON.parse(await readFile(new URL('../../openapi.json', import.meta.url), 'utf8'))

let app: BuiltPage

async function started(environment: Readonly<Record<string, string>>) {
  const service = openDeployment('console', [console], readSettings([console], environment))
  return await startFront(createListener('console', service, { clock: () => 0 }))
}

beforeAll(async () => {
  app = await buildPage()
  const server = await started({ CONSOLE_APP: app.path })
  base = server.url
  stop = server.stop
})
afterAll(async () => {
  await stop()
  await app.remove()
})

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

  it('sends browsers from / to the page, which is not cached and loads two files that are cached for ever', async () => {
    const home = await fetch(`${base}/`, { redirect: 'manual' })
    expect([home.status, home.headers.get('location')]).toEqual([308, '/console/'])
    const entries = await fetch(`${base}/`, { headers: { accept: 'application/json' } })
    expect(entries.headers.get('vary')).toMatch(/Accept/)
    const {
      console: consoleAt,
      docs,
      openapi,
    } = (await entries.json()) as Record<'console' | 'docs' | 'openapi', string>
    expect(await Promise.all([consoleAt, docs, openapi].map(async (path) => (await get(path)).status))).toEqual([
      200, 200, 200,
    ])
    const page = await get('/console/')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path)
    const assets = files.filter((path) => path.startsWith('/console/assets/'))
    expect(new Set(assets.map((path) => /-[A-Z0-9]{8}\.(js|css)$/.exec(path)?.[1]))).toEqual(new Set(['css', 'js']))
    for (const path of assets) {
      const file = await get(path)
      expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      const budget = path.endsWith('.js') ? 90 * 1024 : 12 * 1024
      expect(gzipSync(await file.text(), { level: 9 }).length).toBeLessThanOrEqual(budget)
    }
    expect((await get('/console/assets/main-00000000.js')).status).toBe(404)
    expect((await get('/console/assets/__proto__')).status).toBe(404)
  })

  it('lets the page call its own origin, and the origins of the API where they are others', async () => {
    const policyOf = async (url: string) => (await fetch(`${url}/console`)).headers.get('content-security-policy') ?? ''
    const policy = await policyOf(base)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'; connect-src 'self'; font-src 'self'")
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'")
    expect(policy).not.toMatch(/unsafe|https?:/)
    const elsewhere = await started({
      CONSOLE_APP: app.path,
      CONSOLE_API_URL: 'https://api.example.com/v1',
      CONSOLE_SLICE_URLS: '{"promql":"https://promql.example.com"}',
    })
    expect(await policyOf(elsewhere.url)).toContain(
      "connect-src 'self' https://api.example.com https://promql.example.com",
    )
    expect(await (await fetch(`${elsewhere.url}/console/config.json`)).json()).toMatchObject({
      base_url: 'https://api.example.com/v1',
      urls: { promql: 'https://promql.example.com' },
    })
    await elsewhere.stop()
  })

  it('says what to run where the page was not built, and answers the documents', async () => {
    const unbuilt = await started({ CONSOLE_APP: `${app.path}.nothing` })
    const page = await fetch(`${unbuilt.url}/console`)
    expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('npm start')])
    expect((await fetch(`${unbuilt.url}/openapi.json`)).status).toBe(200)
    await unbuilt.stop()
  })

  it('limits the requests of an address', async () => {
    const statuses = await Promise.all(Array.from({ length: 130 }, async () => (await get(STYLESHEET)).status))
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
  })
})
