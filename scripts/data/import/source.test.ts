import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ImportError } from './import-error.ts'
import { hashSource, openSource, readSource } from './source.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'penstock-import-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
async function contentOf(path: string, from = 0): Promise<string> {
  const source = await openSource(path)
  const blocks: Buffer[] = []
  for await (const block of readSource(source, from)) blocks.push(block)
  return Buffer.concat(blocks).toString()
}

describe('a file', () => {
  it('is known by what it holds, packed or not, and named without its endings', async () => {
    expect(await openSource(file('boiler.csv', 'time,a\n'))).toMatchObject({
      name: 'boiler',
      gzip: false,
      format: 'csv',
    })
    const packed = await openSource(file('plant.2020.ndjson.gz', gzipSync(' \n{"a":1}\n')))
    expect(packed).toMatchObject({ name: 'plant.2020', gzip: true, format: 'ndjson' })
    expect(await openSource(file('list.txt', '\ufeff[{}]'))).toMatchObject({ name: 'list', format: 'ndjson' })
    expect(await openSource(file('gz', gzipSync('time,a\n')))).toMatchObject({ gzip: true, format: 'csv' })
  })

  it.each([
    ['{"a":1}\n{"a":2}', 'lines'],
    ['[{}]\n[{}]', 'lines'],
    ['[{}]', 'array'],
    ['[{},', 'array'],
    ['[\n{}]', 'array'],
    ['{"a":1', 'lines'],
    ['{\n"a":1}', 'objects'],
  ])('of JSON is read by its layout: %j', async (content, layout) => {
    expect(await openSource(file('layout.json', content))).toMatchObject({ format: 'ndjson', layout })
  })

  it('is read from any place on, packed or not, and its bytes are counted as they lie there', async () => {
    const text = randomBytes(400_000).toString('hex')
    const [plain, packed] = [file('a.csv', text), file('a.csv.gz', gzipSync(text))]
    for (const from of [0, 1, 65_536, 300_001, text.length]) {
      expect(await contentOf(plain, from)).toBe(text.slice(from))
      expect(await contentOf(packed, from)).toBe(text.slice(from))
    }
    for (const path of [plain, packed]) {
      const source = await openSource(path)
      let read = 0
      for await (const _ of readSource(source, 1_000, (bytes) => (read = bytes)));
      expect(read).toBe(source.size)
    }
  })

  it('is told apart by its content', async () => {
    const hash = async (content: string) => (await hashSource({ path: file('h.csv', content) })).toString('hex')
    expect(await hash('time,a\n')).toBe(await hash('time,a\n'))
    expect(await hash('time,a\n1')).not.toBe(await hash('time,a\n'))
  })

  it.each([
    ['empty.csv', '', /empty.csv is empty$/],
    ['blank.csv', ' \n\n', /blank.csv is empty$/],
    ['wide.csv', Buffer.from('\ufefftime,a\n', 'utf16le'), /UTF-16: convert it to UTF-8$/],
    ['cut.csv.gz', gzipSync(randomBytes(1_000)).subarray(0, 500), /damaged gzip data/],
    ['bad.csv.gz', Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(50)]), /damaged gzip data/],
  ])('that cannot be imported is refused: %s', async (name, content, message) => {
    const path = file(name, content)
    await expect(openSource(path)).rejects.toThrow(message)
    await expect(openSource(path)).rejects.toThrow(ImportError)
  })

  it('that is not there, or is a folder, is refused', async () => {
    await expect(openSource(join(folder, 'nothing.csv'))).rejects.toThrow(/cannot read .*nothing.csv: ENOENT/)
    await expect(openSource(folder)).rejects.toThrow(/cannot read .*EISDIR/)
  })
})
