// Makes the ZIP archive of a bundle that Cloud Functions accepts.
import { zipSync } from 'fflate'

/** The format's first day, in local time because fflate reads it so: the archive does not depend on when or where it was made. */
const FIRST_DAY = new Date(1980, 0, 1)
/** Entries are marked as made on Unix (3), each a regular file that everybody may read. */
const PLAIN_FILE = { os: 3, attrs: (0o100644 << 16) >>> 0, mtime: FIRST_DAY, level: 9 } as const

/**
 * Packs the files into one archive, sorted by name. The same files give the same bytes with every Node. Everything is held in memory,
 * without ZIP64, because a bundle has a few megabytes.
 */
export function zip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const sorted = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return zipSync(Object.fromEntries(sorted), PLAIN_FILE)
}
