// npm run images: which container images the project builds with, and with `pin`, their digests written where they are named.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { print, say } from './cli/output.ts'
import { rootFolder } from './cli/state.ts'
import { textTable } from './cli/text-table.ts'
import { findDigest, imagesOf } from './deploy/image-digests.ts'

const USAGE = `usage: npm run images           lists images, and ends with 1 when one has no digest
       npm run images -- pin    asks their registries, and writes the digests into the files`

const [command, ...rest] = process.argv.slice(2)
if (rest.length > 0 || (command !== undefined && command !== 'pin')) {
  say(USAGE)
  process.exitCode = 2
} else {
  if (command === 'pin') await pin()
  const images = imagesOf(rootFolder)
  print(
    textTable(
      ['file', 'image', 'digest'],
      images.map(({ file, reference, isPinned }) => [file, reference, isPinned ? 'yes' : 'none']),
    ),
  )
  process.exitCode = images.every(({ isPinned }) => isPinned) ? 0 : 1
}

/** A tag stays before its digest: people read it, and Docker goes by the digest. */
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
