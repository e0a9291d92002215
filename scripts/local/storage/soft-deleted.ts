// Soft-deleted objects of the local Cloud Storage: <generation>.json and .data, for seven days.
// https://cloud.google.com/storage/docs/soft-delete
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { StoredObject } from './resource.ts'

const SOFT_DELETE_MS = 7 * 24 * 3_600_000

type Kind = 'data' | 'json'

export interface SoftDeleted {
  /** Takes an object's files over. Files whose time has passed are removed. */
  take(generation: string, files: Readonly<Record<Kind, string>>): void
  find(generation: string): StoredObject | undefined
  /** Returns the path of the object's bytes. */
  dataOf(generation: string): string
  drop(generation: string): void
}

export function openSoftDeleted(folder: string, clock: () => number): SoftDeleted {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const fileOf = (generation: string, kind: Kind): string => join(folder, `${generation}.${kind}`)
  return {
    take(generation, files) {
      const seconds = clock() / 1_000
      for (const kind of ['data', 'json'] as const) {
        if (!existsSync(files[kind])) continue
        utimesSync(files[kind], seconds, seconds)
        renameSync(files[kind], fileOf(generation, kind))
      }
      dropOld(folder, clock() - SOFT_DELETE_MS)
    },
    find: (generation) =>
      existsSync(fileOf(generation, 'json'))
        ? (JSON.parse(readFileSync(fileOf(generation, 'json'), 'utf8')) as StoredObject)
        : undefined,
    dataOf: (generation) => fileOf(generation, 'data'),
    drop(generation) {
      for (const kind of ['data', 'json'] as const) rmSync(fileOf(generation, kind), { force: true })
    },
  }
}

/** Removes the files of a folder that were last changed before this instant. */
function dropOld(folder: string, beforeMs: number): void {
  for (const file of readdirSync(folder)) {
    const path = join(folder, file)
    if (statSync(path).mtimeMs < beforeMs) rmSync(path, { force: true })
  }
}
