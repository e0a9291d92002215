// Writes openapi.json, the API document, from the contracts.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { type Document, documentFile, openApiDocument } from './document.ts'
import { readOperations } from './operations.ts'

const DOCUMENT = join(import.meta.dirname, '../../../openapi.json')

/** Returns the document of the contracts as they are now. */
export const currentDocument = async (): Promise<Document> => openApiDocument(await readOperations())

export const committedText = async (): Promise<string> => await readFile(DOCUMENT, 'utf8')

/** Describes `penstock openapi`. */
export function describeCommand(command: Command): void {
  command.action(async () => await writeFile(DOCUMENT, documentFile(await currentDocument())))
  addExamples(command, 'penstock openapi')
}
