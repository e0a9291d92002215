// Writes openapi.json, the API document, from the contracts.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Document, documentFile, openApiDocument } from './document.ts'
import { readOperations } from './operations.ts'

export const DOCUMENT = join(import.meta.dirname, '../../../openapi.json')

/** The document of the contracts as they are now. */
export const currentDocument = async (): Promise<Document> => openApiDocument(await readOperations())

export const committedText = async (): Promise<string> => await readFile(DOCUMENT, 'utf8')

/** Does what the program of this name in scripts/ is for. */
export async function openapiCommand(): Promise<void> {
  await writeFile(DOCUMENT, documentFile(await currentDocument()))
}

if (import.meta.main) await openapiCommand()
