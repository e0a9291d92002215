// The destination of an export: files with their checksums, in a folder or in Cloud Storage.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type ArchiveStore, openArchiveStore } from '@penstock/shared/archive/archive-store.ts'

export interface ExportedFile {
  readonly name: string
  readonly rows: number
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

export interface ExportSink {
  /** Writes a file, and passes its path to `then`, which can make another file from it. */
  add(name: string, body: AsyncIterable<Uint8Array>, then: (path: string) => Promise<number>): Promise<void>
  /** Writes manifest.json, and returns its list of files. */
  finish(about: object): Promise<readonly ExportedFile[]>
}

/** Opens a destination: a folder, or `gs://bucket/prefix`, where existing files with other content are refused. */
export function openSink(to: string, endpoint: string | undefined): ExportSink {
  const [, bucket, prefix = ''] = /^gs:\/\/([^/]+)\/?(.*)$/.exec(to) ?? []
  const folder = bucket === undefined ? to : mkdtempSync(join(tmpdir(), 'penstock-export-'))
  const store = bucket === undefined ? undefined : openArchiveStore({ bucket, endpoint })
  const files: ExportedFile[] = []
  const handOver = async (name: string): Promise<void> => {
    if (store) await upload(store, join(folder, name), `${prefix === '' ? '' : `${prefix.replace(/\/$/, '')}/`}${name}`)
  }
  return {
    async add(name, body, then) {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      const hash = createHash('sha256')
      let bytes = 0
      await pipeline(async function* () {
        for await (const piece of body) {
          hash.update(piece)
          bytes += piece.length
          yield piece
        }
      }, createWriteStream(path))
      const rows = await then(path)
      files.push({ name, rows, bytes, sha256: hash.digest('hex') })
      await handOver(name)
    },
    async finish(about) {
      const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1))
      mkdirSync(folder, { recursive: true })
      await writeFile(join(folder, 'manifest.json'), `${JSON.stringify({ ...about, files: sorted }, null, 2)}\n`)
      await handOver('manifest.json')
      if (store) rmSync(folder, { recursive: true })
      return sorted
    },
  }
}

async function upload(store: ArchiveStore, path: string, name: string): Promise<void> {
  await store.put(name, () => createReadStream(path) as AsyncIterable<Uint8Array>)
  rmSync(path)
}
