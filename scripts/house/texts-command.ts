// Lists every text that a user, an operator or a developer can meet, so that a person can read them all at once.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { writeExact } from '@penstock/shared/base/exact-json.ts'
import { addExamples } from '../cli/command.ts'
import { print } from '../cli/output.ts'
import { JSON_OPTION } from '../cli/records.ts'
import { rootFolder } from '../cli/state.ts'
import { UsageError } from '../cli/usage-error.ts'
import { readableTexts } from './texts.ts'

/** Describes `penstock texts`. */
export function describeCommand(command: Command): void {
  command
    .argument('[folder]', 'the folder whose texts are listed, such as functions/alerts')
    .option(...JSON_OPTION)
    .action((folder, { json }) => {
      const texts = filesIn(folder ?? '').flatMap((file) =>
        readableTexts(file, readFileSync(join(rootFolder, file), 'utf8')).map((text) => ({ file, text })),
      )
      if (json) print(writeExact(texts))
      else for (const { file, text } of texts) print(`${file}: ${text}`)
    })
  addExamples(command, 'penstock texts', 'penstock texts functions/alerts')
}

/** Returns the files below a folder that Git knows. @throws {UsageError} when there are none. */
function filesIn(folder: string): readonly string[] {
  const names = execFileSync('git', ['ls-files', '--', folder === '' ? '.' : folder], {
    cwd: rootFolder,
    encoding: 'utf8',
  })
  const files = names.split('\n').filter((file) => file !== '')
  if (files.length === 0) throw new UsageError(`there is no file below ${JSON.stringify(folder)}`)
  return files
}
