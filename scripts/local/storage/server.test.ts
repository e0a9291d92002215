import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type Bucket, Storage } from '@google-cloud/storage'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Storage as LocalStorage, startStorage } from './server.ts'

let folder: string
let local: LocalStorage
let client: Storage
let bucket: Bucket
let count = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-storage-test-'))
  await start()
})
afterAll(async () => {
  await local.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  bucket = (await client.createBucket(`bucket-${++count}`))[0]
})

async function start(): Promise<void> {
  local = await startStorage({ folder, clock: Date.now, buckets: ['archive'] })
  client = new Storage({ apiEndpoint: local.url, projectId: 'p', retryOptions: { autoRetry: false } })
}
const oneRequest = { resumable: false }
const metadataOf = async (name: string) => (await bucket.file(name).getMetadata())[0]
const contentOf = async (name: string) => (await bucket.file(name).download())[0]

describe('an object', () => {
  it('has the checksums, size and versions that the service gives it', async () => {
    await bucket
      .file('a')
      .save('hello', { ...oneRequest, contentType: 'text/plain', metadata: { metadata: { x: 'y' } } })
    expect(await metadataOf('a')).toMatchObject({
      crc32c: 'mnG7TA==',
      md5Hash: 'XUFAKrxLKna5cZ2REBfFkg==',
      size: '5',
      contentType: 'text/plain',
      metadata: { x: 'y' },
      generation: expect.stringMatching(/^\d{16}$/),
      metageneration: '1',
    })
    await bucket.file('a').setMetadata({ metadata: { z: '1', x: null } })
    expect(await metadataOf('a')).toMatchObject({ metadata: { z: '1' }, metageneration: '2', size: '5' })
  })

  it('comes back from soft delete in a new generation, over what has its name', async () => {
    await bucket.file('a').save('first', oneRequest)
    const { generation } = await metadataOf('a')
    await bucket.file('a').save('second', oneRequest)
    const second = (await metadataOf('a')).generation
    const restore = async (ifGenerationMatch: unknown, of = generation) =>
      await bucket.file('a').restore({ generation: of as number, ifGenerationMatch: ifGenerationMatch as number })

    await expect(restore(generation)).rejects.toMatchObject({ code: 412 })
    await restore(second)
    expect(String(await contentOf('a'))).toBe('first')
    expect((await metadataOf('a')).generation).not.toBe(generation)
    await expect(restore((await metadataOf('a')).generation)).rejects.toMatchObject({ code: 404 })
    await bucket.file('a').delete()
    await restore(0, second)
    expect(String(await contentOf('a'))).toBe('second')
  })

  it('is the same after a restart', async () => {
    const bytes = randomBytes(1_000)
    await bucket.file('kept/a b ü ?#').save(bytes, oneRequest)
    const before = await metadataOf('kept/a b ü ?#')
    await local.close()
    await start()
    bucket = client.bucket(bucket.name)
    expect(await metadataOf('kept/a b ü ?#')).toEqual(before)
    expect(await contentOf('kept/a b ü ?#')).toEqual(bytes)
    expect((await client.bucket('archive').exists())[0]).toBe(true)
  })

  it('leaves no file behind when it is replaced or deleted', async () => {
    const files = () => readdirSync(join(folder, 'objects')).length + readdirSync(join(folder, 'drafts')).length
    const before = files()
    for (const content of ['1', '2', '3']) await bucket.file('a').save(content, oneRequest)
    expect(files()).toBe(before + 2)
    await bucket.file('a').delete()
    expect(files()).toBe(before)
    await expect(bucket.file('a').delete()).rejects.toMatchObject({ code: 404 })
    await expect(bucket.file('a').download()).rejects.toMatchObject({ code: 404 })
  })

  it('with gzip as its encoding is inflated for whoever does not take gzip', async () => {
    await bucket.file('a').save(gzipSync('text'), { ...oneRequest, metadata: { contentEncoding: 'gzip' } })
    const url = `${local.url}/storage/v1/b/${bucket.name}/o/a?alt=media`
    expect(await (await fetch(url, { headers: { 'accept-encoding': 'identity' } })).text()).toBe('text')
    const [stored] = await bucket.file('a').download({ decompress: false })
    expect(gunzipSync(stored).toString()).toBe('text')
  })

  it('is refused under a name that the service refuses', async () => {
    for (const name of ['.', '..', 'a\nb', 'x'.repeat(1025)])
      await expect(bucket.file(name).save('1', oneRequest)).rejects.toMatchObject({ code: 400 })
    await bucket.file('x'.repeat(1024)).save('1', oneRequest)
  })
})

describe('an upload', () => {
  it.each([0, 1, 262_143, 262_144, 262_145, 3_000_000])(
    'of %i bytes arrives as it was sent, by every way',
    async (size) => {
      const bytes = randomBytes(size)
      const ways = {
        multipart: oneRequest,
        resumable: { resumable: true },
        pieces: { resumable: true, chunkSize: 262_144 },
      }
      for (const [name, way] of Object.entries(ways)) {
        // The client cuts nothing into a piece that ends before it begins.
        if (size === 0 && name === 'pieces') continue
        await bucket.file(name).save(bytes, { ...way, validation: 'crc32c' })
        expect((await contentOf(name)).equals(bytes), name).toBe(true)
      }
    },
  )

  it('with another checksum than announced is refused', async () => {
    const sent = { ...oneRequest, metadata: { crc32c: 'AAAAAA==' } }
    await expect(bucket.file('a').save('hello', sent)).rejects.toMatchObject({ code: 400 })
    expect((await bucket.file('a').exists())[0]).toBe(false)
  })

  it('that is broken off goes on where whole steps of it arrived', async () => {
    const [location] = await bucket.file('a').createResumableUpload()
    const put = async (from: number, bytes: Buffer, total: string) =>
      await fetch(location, {
        method: 'PUT',
        headers: { 'content-range': `bytes ${from}-${from + bytes.length - 1}/${total}` },
        body: new Uint8Array(bytes),
      })
    const [first, last] = [randomBytes(262_144), randomBytes(1_000)]
    expect((await put(0, first, '*')).headers.get('range')).toBe('bytes=0-262143')
    expect((await put(262_144, last, '*')).status).toBe(400)
    const asked = await fetch(location, { method: 'PUT', headers: { 'content-range': 'bytes */*' } })
    expect([asked.status, asked.headers.get('range')]).toEqual([308, 'bytes=0-262143'])
    expect((await put(262_144, last, '263144')).status).toBe(200)
    expect(await contentOf('a')).toEqual(Buffer.concat([first, last]))
  })
})

describe('preconditions', () => {
  it('let one of two creators in', async () => {
    const create = (content: string, resumable: boolean) =>
      bucket.file('a').save(content, { resumable, preconditionOpts: { ifGenerationMatch: 0 } })
    await create('1', false)
    await expect(create('2', false)).rejects.toMatchObject({ code: 412 })
    await expect(create('3', true)).rejects.toThrow()
    expect((await contentOf('a')).toString()).toBe('1')
  })

  it('are looked at again when a resumable upload ends', async () => {
    const [location] = await bucket.file('a').createResumableUpload({ preconditionOpts: { ifGenerationMatch: 0 } })
    await bucket.file('a').save('first', oneRequest)
    expect((await fetch(location, { method: 'PUT', body: 'second' })).status).toBe(412)
    expect((await contentOf('a')).toString()).toBe('first')
  })

  it('keep an object that was replaced meanwhile from being deleted or overwritten', async () => {
    await bucket.file('a').save('1', oneRequest)
    const { generation = 0 } = await metadataOf('a')
    await bucket.file('a').save('2', { ...oneRequest, preconditionOpts: { ifGenerationMatch: generation } })
    await expect(bucket.file('a').delete({ ifGenerationMatch: generation })).rejects.toMatchObject({ code: 412 })
    await expect(bucket.file('a', { generation }).download()).rejects.toMatchObject({ code: 404 })
    expect((await contentOf('a')).toString()).toBe('2')
  })
})

describe('a held object', () => {
  it('can be read, and neither deleted nor replaced, until it is released', async () => {
    await bucket.file('a').save('1', oneRequest)
    await bucket.file('a').setMetadata({ temporaryHold: true })
    await expect(bucket.file('a').delete()).rejects.toMatchObject({ code: 403 })
    await expect(bucket.file('a').save('2', oneRequest)).rejects.toMatchObject({ code: 403 })
    expect((await contentOf('a')).toString()).toBe('1')
    await bucket.file('a').setMetadata({ temporaryHold: false })
    await bucket.file('a').delete()
  })

  it('can be written held', async () => {
    await bucket.file('a').save('1', { ...oneRequest, metadata: { temporaryHold: true } })
    await expect(bucket.file('a').delete()).rejects.toMatchObject({ code: 403 })
  })
})

describe('a read of a part', () => {
  it('is those bytes, inclusive at both ends', async () => {
    await bucket.file('a').save('0123456789', oneRequest)
    const part = async (range: string) => {
      const url = `${local.url}/storage/v1/b/${bucket.name}/o/a?alt=media`
      const answer = await fetch(url, { headers: { range } })
      return [answer.status, answer.headers.get('content-range'), answer.status === 206 ? await answer.text() : '']
    }
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234'])
    expect(await part('bytes=9-100')).toEqual([206, 'bytes 9-9/10', '9'])
    expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789'])
    expect(await part('bytes=10-')).toEqual([416, null, ''])
  })
})

describe('the list', () => {
  it('is in the order of bytes, by prefix, by folders, in pages', async () => {
    for (const name of ['b', 'a/2', 'a/1', 'B', 'ü']) await bucket.file(name).save('1', oneRequest)
    const names = async (query: object) => (await bucket.getFiles(query))[0].map((file) => file.name)
    expect(await names({})).toEqual(['B', 'a/1', 'a/2', 'b', 'ü'])
    expect(await names({ prefix: 'a/' })).toEqual(['a/1', 'a/2'])
    expect(await names({ startOffset: 'a/2', endOffset: 'b' })).toEqual(['a/2'])
    const pages: string[][] = []
    for (let query: object | null = { maxResults: 2, autoPaginate: false }; query; ) {
      const [files, next] = (await bucket.getFiles(query)) as unknown as [{ name: string }[], object | null]
      pages.push(files.map((file) => file.name))
      query = next
    }
    expect(pages).toEqual([['B', 'a/1'], ['a/2', 'b'], ['ü']])
    const [files, , answer] = await bucket.getFiles({ delimiter: '/', autoPaginate: false })
    expect(files.map((file) => file.name)).toEqual(['B', 'b', 'ü'])
    expect((answer as { prefixes: string[] }).prefixes).toEqual(['a/'])
  })
})

describe('a bucket', () => {
  it('is made once, and deleted when it is empty', async () => {
    await expect(client.createBucket(bucket.name)).rejects.toMatchObject({ code: 409 })
    await bucket.file('a').save('1', oneRequest)
    await expect(bucket.delete()).rejects.toMatchObject({ code: 409 })
    await bucket.file('a').delete()
    await bucket.delete()
    await expect(bucket.file('a').save('1', oneRequest)).rejects.toMatchObject({ code: 404 })
  })
})

it('copies and puts together', async () => {
  await bucket.file('a').save('one', { ...oneRequest, contentType: 'text/plain' })
  await bucket.file('a').copy(bucket.file('b'))
  expect(await metadataOf('b')).toMatchObject({ contentType: 'text/plain', size: '3' })
  await bucket.combine(['a', 'b'], 'c')
  expect((await contentOf('c')).toString()).toBe('oneone')
})
