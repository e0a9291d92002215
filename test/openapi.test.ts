// The API document: made from the contracts, committed, valid, complete, and no surprise for clients of the last release.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Metric } from '@penstock/shared/points/metric.ts'
import { describe, expect, it } from 'vitest'
import { MetricEntry } from '../functions/metrics-ingest/contract.ts'
import { breakingChanges } from '../scripts/deploy/openapi/breaking.ts'
import { documentFile } from '../scripts/deploy/openapi/document.ts'
import { documentedExamples } from '../scripts/deploy/openapi/examples.ts'
import { jsonSchemaOf } from '../scripts/deploy/openapi/json-schema.ts'
import {
  committedClient,
  committedText,
  currentClient,
  currentDocument,
} from '../scripts/deploy/openapi/openapi-command.ts'
import { readOperations } from '../scripts/deploy/openapi/operations.ts'

interface DocumentedOperation {
  readonly parameters?: readonly { readonly name: string }[]
  readonly responses: Readonly<Record<string, { readonly content?: object; readonly headers?: object }>>
}

const run = promisify(execFile)
const documents = new URL('../docs/', import.meta.url)

describe('openapi.json', () => {
  it('is what the contracts say: npm run openapi writes it', async () => {
    expect(await committedText()).toBe(documentFile(await currentDocument()))
  })

  it('has its types in the client for TypeScript: npm run openapi writes them', async () => {
    expect(await committedClient()).toBe(currentClient(await currentDocument()))
  })

  it('is linted without an error or a warning', async () => {
    const redocly = new URL('../node_modules/.bin/redocly', import.meta.url).pathname
    const { stdout } = await run(redocly, ['lint', '--format', 'json', 'openapi.json'], {
      cwd: new URL('..', import.meta.url).pathname,
      env: { ...process.env, REDOCLY_TELEMETRY: 'off' },
    })
    expect(JSON.parse(stdout)).toMatchObject({ totals: { errors: 0, warnings: 0 } })
  })

  it('has an example for every operation that takes something', async () => {
    const operations = await readOperations()
    const examples = await documentedExamples(operations)
    const bare = operations.filter(
      ({ id, route }) => examples[id] === undefined && (route.query ?? route.body ?? route.documentedBody),
    )
    expect(bare.map(({ id }) => id)).toEqual([])
  })

  it('has the ETag, its header and 304 for every GET with a body, and for nothing else', async () => {
    const { paths } = (await currentDocument()) as unknown as {
      paths: Record<string, Record<string, DocumentedOperation>>
    }
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, method, ...operation })),
    )
    const isRead = ({ method, responses }: (typeof operations)[number]) =>
      method === 'get' && responses['200']?.content !== undefined
    const isConditional = ({ parameters = [], responses }: DocumentedOperation) =>
      parameters.some(({ name }) => name === 'If-None-Match') &&
      '304' in responses &&
      'ETag' in (responses['200']?.headers ?? {})
    expect(operations.filter(isConditional).map(({ name }) => name)).toEqual(
      operations.filter(isRead).map(({ name }) => name),
    )
    expect(operations.filter(isRead).length).toBeGreaterThan(20)
  })

  it('shows the rules that decide about an entry', () => {
    const shown = jsonSchemaOf(MetricEntry, { io: 'input' })
    const rules = jsonSchemaOf(Metric, { io: 'input' })
    const bare = ({ properties }: typeof shown) =>
      Object.entries(properties as Record<string, Record<string, unknown>>)
        .filter(([name]) => name !== 'metric_metadata')
        .map(([name, { description: _description, ...rest }]) => [name, rest])
    expect(bare(shown)).toEqual(bare(rules))
    expect(shown['required']).toEqual(rules['required'])
  })

  it('breaks no client of the last release, except where docs/changes.md says so', async () => {
    const released = JSON.parse(await readFile(new URL('api/released.json', documents), 'utf8')) as object
    const changes = await readFile(new URL('changes.md', documents), 'utf8')
    const broken = breakingChanges({ ...released }, await currentDocument())
    expect(broken.filter((line) => !changes.includes(line))).toEqual([])
  })
})
