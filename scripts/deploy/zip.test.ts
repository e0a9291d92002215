import { crc32, inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { zip } from './zip.ts'

const files = { 'index.js': Buffer.from('console.log(1)\n'.repeat(100)), 'é/package.json': Buffer.from('{}') }

describe('zip', () => {
  it('holds each file as it was, under its name, with its checksum', () => {
    expect(entriesOf(zip(files))).toEqual(
      Object.entries(files).map(([name, content]) => ({
        name,
        content: content.toString(),
        crc: crc32(content),
        mode: 0o100644,
      })),
    )
  })

  it('gives the same bytes whatever the order of the files', () => {
    const turned = Object.fromEntries(Object.entries(files).toReversed())
    expect(zip(turned)).toEqual(zip(files))
  })

  it('gives other bytes for other content', () => {
    expect(zip({ ...files, 'index.js': Buffer.from('console.log(2)') })).not.toEqual(zip(files))
  })

  it('packs an empty file, and no file at all', () => {
    expect(entriesOf(zip({ empty: Buffer.alloc(0) }))).toMatchObject([{ name: 'empty', content: '' }])
    expect(entriesOf(zip({}))).toEqual([])
  })
})

/** Reads an archive from its end, as unpackers do, and each entry twice: in the directory and where its data is. */
function entriesOf(archive: Buffer) {
  const end = archive.length - 22
  expect(archive.readUInt32LE(end)).toBe(0x06054b50)
  let at = archive.readUInt32LE(end + 16)
  expect(at + archive.readUInt32LE(end + 12)).toBe(end)
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    expect(archive.readUInt32LE(at)).toBe(0x02014b50)
    const nameLength = archive.readUInt16LE(at + 28)
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength)
    const local = archive.readUInt32LE(at + 42)
    expect(archive.readUInt32LE(local)).toBe(0x04034b50)
    expect(archive.subarray(local + 4, local + 28)).toEqual(archive.subarray(at + 6, at + 30))
    expect(archive.toString('utf8', local + 30, local + 30 + nameLength)).toBe(name)
    const begin = local + 30 + nameLength
    const content = inflateRawSync(archive.subarray(begin, begin + archive.readUInt32LE(at + 20)))
    expect(content.length).toBe(archive.readUInt32LE(at + 24))
    const entry = {
      name,
      content: content.toString(),
      crc: archive.readUInt32LE(at + 16),
      mode: archive.readUInt16LE(at + 40),
    }
    at += 46 + nameLength
    return entry
  })
}
