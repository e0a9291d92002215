import { beforeEach, describe, expect, it } from 'vitest'
import { type ObjectMemory, openObjectMemory, runOf } from '../../test/support/months/archive-objects.ts'
import { seriesKey } from '../archive/metric-parquet-footer.ts'
import type { Wanted } from '../archive/metric-parquet-rows.ts'
import { StorageTrouble } from '../archive/storage-errors.ts'
import { requestContext } from '../base/logger.ts'
import { monthStart, SECOND } from '../base/time.ts'
import {
  type ArchivedObject,
  type ArchiveLimits,
  ArchiveMoved,
  type ArchiveRead,
  openArchive,
} from './archive-reading.ts'

const MIB = 1024 * 1024
const limits: ArchiveLimits = {
  archiveObjects: 2,
  archiveBytes: 64 * MIB,
  archiveSeries: 100,
  archiveMemory: 16 * MIB,
  archiveShare: 8 * MIB,
}
const START = monthStart('2026-08-01')
const wanted: Wanted = { keys: [seriesKey(['svc', 'temp', 'C', '{}'])], ids: [7], from: START, to: START + 99 * SECOND }
const run = runOf(
  {},
  Array.from({ length: 60 }, (_, i) => [START + 2 * i * SECOND, i] as const),
)

let memory: ObjectMemory
let object: ArchivedObject
beforeEach(async () => {
  memory = openObjectMemory()
  object = await memory.write([run])
})

async function readAll(read: ArchiveRead, of = object): Promise<number[]> {
  const values: number[] = []
  for await (const runs of read.read(of, await read.find(of, wanted), wanted))
    for (const { value } of runs) values.push(...value)
  return values
}
const tooLarge = { kind: { slug: 'archive_too_large', status: 422 }, errors: [{ pointer: '?start_time' }] }

describe('the archive', () => {
  it('gives what is wanted, and reads an object’s footer once', async () => {
    const archive = openArchive(memory, limits)
    expect(await readAll(archive.open(limits))).toEqual([...Array(50).keys()])
    expect(memory.takeReads()).toHaveLength(2)
    await readAll(archive.open(limits))
    expect(memory.takeReads()).toHaveLength(1)
    const next = await memory.write([run])
    await readAll(archive.open(limits), next)
    expect(memory.takeReads()).toHaveLength(2)
  })

  it('takes another generation for another object', async () => {
    const archive = openArchive(memory, limits)
    await readAll(archive.open(limits))
    memory.takeReads()
    await readAll(archive.open(limits), { ...object, generation: '2' })
    expect(memory.takeReads()).toHaveLength(2)
  })

  it('reads the footer of an object in two parts where it is longer than usual', async () => {
    const labels = (i: number) => JSON.stringify({ note: String(i).padStart(5, '0').padEnd(4_000, 'x') })
    const long = 'ü'.repeat(100)
    const names = { service: long, type: long, unit: long }
    const runs = Array.from({ length: 4_500 }, (_, i) => runOf({ ...names, labels: labels(i) }, [[START + i, i]]))
    const stored = await memory.write(runs)
    const read = openArchive(memory, limits).open(limits)
    const keys = [seriesKey([long, long, long, labels(4_321)])]
    expect(await read.find(stored, { ...wanted, keys, ids: [1] })).toHaveLength(1)
    expect(memory.takeReads()).toHaveLength(2)
  })

  it('looks into as many objects as a request may, and refuses one more', async () => {
    const read = openArchive(memory, limits).open(limits)
    await read.find(object, wanted)
    await read.find(object, wanted)
    await expect(read.find(object, wanted)).rejects.toMatchObject(tooLarge)
  })

  it('reads as many bytes as a request may, and refuses one more', async () => {
    await readAll(openArchive(memory, limits).open(limits))
    const bytes = memory.takeReads().reduce((sum, { start, end }) => sum + end - start, 0)
    const open = (archiveBytes: number) => openArchive(memory, limits).open({ ...limits, archiveBytes })
    expect(await readAll(open(bytes))).toHaveLength(50)
    await expect(readAll(open(bytes - 1))).rejects.toMatchObject(tooLarge)
  })

  it('holds as much as a request may, and refuses one byte more', async () => {
    const read = openArchive(memory, limits).open(limits)
    await expect(read.hold(limits.archiveShare + 1)).rejects.toMatchObject(tooLarge)
    await read.hold(limits.archiveShare)
    read.close()
  })

  it('lets a request wait while others hold what there is', async () => {
    const archive = openArchive(memory, limits)
    const openAs = (holder: string) =>
      requestContext.run({ requestId: '', deadline: 0, holder }, () => archive.open(limits))
    const reads = Array.from({ length: 5 }, (_, i) => openAs(`tenant ${i}`))
    const held: number[] = []
    const holding = reads.map(async (read, i) => {
      await read.hold(2 * MIB)
      held.push(i)
    })
    await new Promise(setImmediate)
    expect(held).toEqual([0, 1, 2])
    reads[0]?.close()
    await holding[3]
    reads[1]?.close()
    reads[2]?.close()
    await Promise.all(holding)
    expect(held).toEqual([0, 1, 2, 3, 4])
  })

  it.each([
    ['has other rows than its manifest', { rows: 1, bytes: 0 }, 'has 60 rows, its manifest 61'],
    ['has another length', { rows: 0, bytes: -1 }, 'is not a Parquet file'],
  ])('says 503 to a request whose object %s, and what it is to the log', async (_what, change, cause) => {
    const wrong = { ...object, rows: object.rows + change.rows, bytes: object.bytes + change.bytes }
    const found = openArchive(memory, limits).open(limits).find(wrong, wanted)
    await expect(found).rejects.toMatchObject({
      kind: { status: 503 },
      headers: { 'retry-after': '60' },
      cause: { message: expect.stringContaining(cause) as string },
    })
  })

  it('says 503 to a request whose object is damaged where it is read', async () => {
    const read = openArchive(memory, limits).open(limits)
    const groups = await read.find(object, wanted)
    memory.bytesOf(object).fill(7, 100, 300)
    await expect(read.read(object, groups, wanted).next()).rejects.toMatchObject({ kind: { status: 503 } })
  })

  it('says 503 while storage does not answer, and that an object has moved when it is gone', async () => {
    const failing = (status: number) =>
      openArchive(
        {
          readRange: () => Promise.reject(new StorageTrouble('x', status, 3, undefined)),
          stat: async () => undefined,
        },
        limits,
      )
    await expect(failing(503).open(limits).find(object, wanted)).rejects.toMatchObject({
      kind: { status: 503 },
      headers: { 'retry-after': '1' },
    })
    await expect(failing(404).open(limits).find(object, wanted)).rejects.toBeInstanceOf(ArchiveMoved)
  })
})
