// The command line of `penstock images`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../cli/command.ts'
import { say } from '../cli/output.ts'
import { JSON_OPTION, printRecords } from '../cli/records.ts'
import { rootFolder } from '../cli/state.ts'
import { findDigest, imagesOf } from './image-digests.ts'

/** Describes `penstock images`. Without a command it lists them, and ends with 1 when one has no digest. */
export function describeCommand(images: Command): void {
  images.option(...JSON_OPTION).action(({ json }) => list(json))
  const pinned = images
    .command('pin')
    .description('Asks the registries for digests, and writes them into the files that name the images.')
    .action(async () => {
      await pin()
      list(undefined)
    })
  addExamples(pinned, 'penstock images pin')
  addExamples(images, 'penstock images', 'penstock images pin')
}

function list(json: boolean | undefined): void {
  const images = imagesOf(rootFolder)
  printRecords(images, {
    json,
    head: ['file', 'image', 'digest'],
    row: ({ file, reference, isPinned }) => [file, reference, isPinned ? 'yes' : 'none'],
  })
  if (images.some(({ isPinned }) => !isPinned)) process.exitCode = 1
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
