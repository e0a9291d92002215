import { type Footer, seriesKey } from '@penstock/shared/metric-parquet-footer.ts'
import type { Wanted } from '@penstock/shared/metric-parquet-rows.ts'
import { monthStart, SECOND } from '@penstock/shared/time.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ObjectMemory, openObjectMemory, runOf } from '../../test/archive-objects.ts'
import { type ArchivedObject, type ArchiveLimits, type ArchiveRead, openArchive } from './archive-reading.ts'

const MIB = 1024 * 1024
const limits: ArchiveLimits = {
  archiveObjects: 2,
  archiveBytes: 64 * MIB,
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
    const reads = Array.from({ length: 5 }, () => archive.open(limits))
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

  it('refuses an object that is not as its manifest says', async () => {
    const read = (of: Partial<ArchivedObject>): Promise<readonly Footer['groups'][number][]> =>
      openArchive(memory, limits)
        .open(limits)
        .find({ ...object, ...of }, wanted)
    await expect(read({ rows: 61 })).rejects.toThrow('has 60 rows, its manifest 61')
    await expect(read({ bytes: object.bytes - 1 })).rejects.toThrow('is no Parquet file')
  })
})
