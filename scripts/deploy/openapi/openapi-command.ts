// Writes openapi.json, the API document, and the types of the client for TypeScript from the contracts.
import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from '@commander-js/extra-typings'
import { addExamples } from '../../cli/command.ts'
import { clientFile } from './client-file.ts'
import { type Document, documentFile, openApiDocument } from './document.ts'
import { documentedExamples } from './examples.ts'
import { readOperations } from './operations.ts'

const ROOT = join(import.meta.dirname, '../../..')
const DOCUMENT = join(ROOT, 'openapi.json')
const CLIENT = join(ROOT, 'clients/typescript/api.ts')

/** Returns the document of the contracts as they are now. */
export async function currentDocument(): Promise<Document> {
  const operations = await readOperations()
  return openApiDocument(operations, await documentedExamples(operations))
}

export const committedText = async (): Promise<string> => await readFile(DOCUMENT, 'utf8')

export const committedClient = async (): Promise<string> => await readFile(CLIENT, 'utf8')

/** Returns the generated file of the client for TypeScript, formatted as the rest of the sources. */
export function currentClient(document: Document): string {
  const biome = join(ROOT, 'node_modules', '.bin', 'biome')
  const input = clientFile(document)
  const limits = { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 } as const
  return execFileSync(biome, ['format', '--stdin-file-path=clients/typescript/api.ts'], { cwd: ROOT, input, ...limits })
}

/** Describes `penstock openapi`. */
export function describeCommand(command: Command): void {
  command.action(async () => {
    const document = await currentDocument()
    await writeFile(DOCUMENT, documentFile(document))
    await writeFile(CLIENT, currentClient(document))
  })
  addExamples(command, 'penstock openapi')
}
