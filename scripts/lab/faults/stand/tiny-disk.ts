// A file system for a server's files that can be filled.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Skipped } from './skipped.ts'
import { removeFolder, temporaryFolder } from './world.ts'

export interface TinyDisk {
  readonly folder: string
  /** Leaves no block free. */
  fill(): void
  /** Removes the filler. Safe to repeat. */
  free(): void
  /** Unmounts the folder. Safe to repeat. */
  unmount(): void
}

/** An empty database and its log have 80 MB; the rest is for data that is written before the disk is full. */
const SIZE = '256m'
const BLOCK = Buffer.alloc(64 * 1024)

/** Mounts a tmpfs. @throws {Skipped} when that is not permitted. */
export function mountTinyDisk(): TinyDisk {
  const folder = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0755`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    removeFolder(folder)
    throw new Skipped(`a small file system cannot be mounted: ${(error as Error).message.trim().split('\n').at(-1)}`)
  }
  const ballast = join(folder, 'ballast')
  let mounted = true
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'w')
      try {
        for (;;) if (writeSync(file, BLOCK) < BLOCK.length) break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    free() {
      rmSync(ballast, { force: true })
    },
    unmount() {
      if (mounted) execFileSync('umount', ['-l', folder], { stdio: 'pipe' })
      mounted = false
      removeFolder(folder)
    },
  }
}
