import { createHash } from 'node:crypto'
import { strFromU8, unzipSync } from 'fflate'
import { expect, it } from 'vitest'
import { zip } from './zip.ts'

const files = { 'index.js': Buffer.from('console.log(1)\n'.repeat(100)), 'é/package.json': Buffer.from('{}') }

it('holds each file as it was, under its name', () => {
  const entries = Object.entries(unzipSync(zip({ ...files, empty: Buffer.alloc(0) })))
  expect(entries.map(([name, content]) => [name, strFromU8(content)])).toEqual([
    ['empty', ''],
    ['index.js', files['index.js'].toString()],
    ['é/package.json', '{}'],
  ])
})

it('has the same bytes under every Node, whatever the order of the files and the time zone', () => {
  const turned = Object.fromEntries(Object.entries(files).toReversed())
  const digests = [files, turned].map((one) => createHash('sha256').update(zip(one)).digest('hex'))
  expect(new Set(digests)).toEqual(new Set(['fdc219775bfaadd94632a4a318e4bf0f5b80e3882b5b7129ace8179398743a8d']))
})

it('says that a file is plain and readable by everybody, and written on the first day of the format', () => {
  const archive = Buffer.from(zip({ a: Buffer.from('a') }))
  const entry = archive.readUInt32LE(archive.length - 6)
  expect(archive.readUInt32LE(entry)).toBe(0x02014b50)
  expect(archive.readUInt8(entry + 5)).toBe(3)
  expect(archive.readUInt16LE(entry + 40)).toBe(0o100644)
  expect([archive.readUInt16LE(entry + 12), archive.readUInt16LE(entry + 14)]).toEqual([0, 0x21])
})
