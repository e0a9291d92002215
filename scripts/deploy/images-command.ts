// The command line of npm run images.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { print, say } from '../cli/output.ts'
import { rootFolder } from '../cli/state.ts'
import { textTable } from '../cli/text-table.ts'
import { findDigest, imagesOf } from './image-digests.ts'

const USAGE = `usage: npm run images           lists images, and ends with 1 when one has no digest
       npm run images -- pin    asks their registries, and writes the digests into the files`

/** Lists images, or writes their digests. Resolves with the exit code: 1 when an image has no digest, 2 for an invalid command line. */
export async function imagesCommand([command, ...rest]: readonly string[]): Promise<number> {
  if (rest.length > 0 || (command !== undefined && command !== 'pin')) {
    say(USAGE)
    return 2
  }
  if (command === 'pin') await pin()
  const images = imagesOf(rootFolder)
  const rows = images.map(({ file, reference, isPinned }) => [file, reference, isPinned ? 'yes' : 'none'])
  print(textTable(['file', 'image', 'digest'], rows))
  return images.every(({ isPinned }) => isPinned) ? 0 : 1
}

/** The tag stays before its digest for the reader; Docker uses the digest. */
async function pin(): Promise<void> {
  for (const { file, reference, isPinned } of imagesOf(rootFolder)) {
    if (isPinned) continue
    try {
      const digest = await findDigest(fetch, reference)
      const path = join(rootFolder, file)
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(reference, () => `${reference}@${digest}`),
      )
    } catch (error) {
      say(`images: ${(error as Error).message}`)
    }
  }
}
