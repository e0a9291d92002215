// The ZIP archive of a bundle, as Cloud Functions takes it.
import { zipSync } from 'fflate'

/** The format's first day, in local time as fflate reads it: the archive does not depend on when or where it was made. */
const FIRST_DAY = new Date(1980, 0, 1)
/** The entries are made on Unix (3); each is a plain file that everybody may read. */
const PLAIN_FILE = { os: 3, attrs: (0o100644 << 16) >>> 0, mtime: FIRST_DAY, level: 9 } as const

/**
 * Packs the files into one archive, sorted by name. The same files give the same bytes under every Node. Everything is held in
 * memory, and there is no ZIP64: a bundle has a few megabytes.
 */
export function zip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const sorted = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return zipSync(Object.fromEntries(sorted), PLAIN_FILE)
}
