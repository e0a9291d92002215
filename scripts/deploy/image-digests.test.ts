import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openRegistry, type Registry } from '../../test/support/google/registry.ts'
import { findDigest, IMAGE_FILES, imagesIn, imagesOf } from './image-digests.ts'

const root = join(import.meta.dirname, '../..')
const digest = `sha256:${'0a'.repeat(32)}`

test('every file that names an image is known, and each image has a tag of its own or a digest', () => {
  const named = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (path) =>
      !/(?:^|\/)(?:node_modules|\.git|\.penstock|dist)\//.test(path) &&
      /(?:^|\/)(?:[\w.-]*Dockerfile[\w.-]*|cloudbuild[\w.-]*\.ya?ml|(?:docker-)?compose[\w.-]*\.ya?ml)$/.test(path),
  )
  expect(named.toSorted()).toEqual([...IMAGE_FILES])
  expect(imagesOf(root)).toHaveLength(2)
})

test.each([
  ['FROM node:24', false],
  [`FROM node:24@${digest}`, true],
  ['FROM node:24@sha256:short', false],
  ['  - name: gcr.io/cloud-builders/docker', false],
  [`  - name: gcr.io/cloud-builders/docker@${digest}`, true],
])('%s', (line, isPinned) => {
  expect(imagesIn('file', `# comment\n${line}\nRUN x\n`)).toMatchObject([{ isPinned }])
})

/** A registry that wants a token, as public ones do. */
function registry(known: string) {
  const asked: string[] = []
  const fetch = async (input: string, init: RequestInit = {}): Promise<Response> => {
    asked.push(input)
    if (input.startsWith('https://auth.example/token')) return Response.json({ token: 'anybody' })
    if (new Headers(init.headers).get('authorization') !== 'Bearer anybody')
      return new Response(null, {
        status: 401,
        headers: {
          'www-authenticate': 'Bearer realm="https://auth.example/token",service="s",scope="repository:x:pull"',
        },
      })
    return input === known
      ? new Response(null, { headers: { 'docker-content-digest': digest } })
      : new Response(null, { status: 404 })
  }
  return { fetch: fetch as typeof globalThis.fetch, asked }
}

test.each([
  ['node:24.21.0-bookworm-slim', 'https://registry-1.docker.io/v2/library/node/manifests/24.21.0-bookworm-slim'],
  ['gcr.io/cloud-builders/docker', 'https://gcr.io/v2/cloud-builders/docker/manifests/latest'],
  ['registry.example:5000/a/b:1', 'https://registry.example:5000/v2/a/b/manifests/1'],
  ['localhost:5000/a/b:1', 'http://localhost:5000/v2/a/b/manifests/1'],
  ['someone/tool:2', 'https://registry-1.docker.io/v2/someone/tool/manifests/2'],
])('the digest of %s comes from its registry, with a token that anybody gets', async (reference, url) => {
  const { fetch, asked } = registry(url)
  expect(await findDigest(fetch, reference)).toBe(digest)
  expect(asked).toEqual([url, 'https://auth.example/token?service=s&scope=repository%3Ax%3Apull', url])
})

test('an image that its registry does not know, or a registry out of reach, is named', async () => {
  await expect(findDigest(registry('').fetch, 'node:0')).rejects.toThrow('node:0: registry-1.docker.io answered 404')
  const down = async () => await Promise.reject(new Error('getaddrinfo ENOTFOUND'))
  await expect(findDigest(down, 'node:1')).rejects.toThrow('node:1: getaddrinfo ENOTFOUND')
})

const registries: Registry[] = []
afterEach(async () => {
  for (const one of registries.splice(0)) await one.stop()
})
const running = async (...settings: Parameters<typeof openRegistry>): Promise<Registry> => {
  const opened = await openRegistry(...settings)
  registries.push(opened)
  return opened
}

test('a registry gives a digest by HTTP, for a token whose scope is the repository', async () => {
  const { host, digest: pushed, requests } = await running({ 'cloud-builders/docker:24': '{"schemaVersion":2}' })
  expect(await findDigest(fetch, `${host}/cloud-builders/docker:24`)).toBe(pushed('cloud-builders/docker:24'))
  expect(requests).toEqual([
    'HEAD /v2/cloud-builders/docker/manifests/24 401',
    'GET /token 200',
    'HEAD /v2/cloud-builders/docker/manifests/24 200',
  ])
})

test('the digest is that of the manifest where the registry does not send it', async () => {
  const { host, digest: pushed } = await running({ 'a/b:1': '{"schemaVersion":2,"manifests":[]}' }, { digests: false })
  expect(await findDigest(fetch, `${host}/a/b:1`)).toBe(pushed('a/b:1'))
})

test('what a registry refuses is named', async () => {
  const { host } = await running({ 'a/b:1': '{}' })
  await expect(findDigest(fetch, `${host}/a/b:2`)).rejects.toThrow(`${host}/a/b:2: ${host} answered 404`)
  const closed = await running({ 'a/b:1': '{}' }, { tokens: false })
  await expect(findDigest(fetch, `${closed.host}/a/b:1`)).rejects.toThrow('its registry gave no token: 403')
})
