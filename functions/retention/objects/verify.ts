// Compares objects with their records, from the first byte to the last.

import { readMetricParquet } from '@penstock/shared/archive/metric-parquet-reader.ts'
import { metricSummary } from '@penstock/shared/archive/metric-runs.ts'
import { FEEDBACK, type RowDataset, rowDatasets } from '@penstock/shared/archive/row-datasets.ts'
import { hashOfRows, readRowParquet, spanOf } from '@penstock/shared/archive/row-parquet.ts'
import { StorageTrouble } from '@penstock/shared/archive/storage-errors.ts'
import { type WholeObject, wholeObject } from '@penstock/shared/archive/whole-object.ts'
import { type Clock, formatTimestamp, fromPostgres } from '@penstock/shared/base/time.ts'
import { datasets, type VerifyAnswer, type VerifyFinding, type VerifyRequest } from '../contract.ts'
import type { PolicyDeps } from '../policy.ts'
import { type ObjectFilter, type ObjectRow, selectObjectRows } from './archive-list-queries.ts'

export interface VerifyDeps extends Pick<PolicyDeps, 'db' | 'store'> {
  readonly now: Clock
  readonly limits: {
    /** Milliseconds after which no further object is begun. */
    readonly runMs: number
    /** Bytes of an object that are read at a time. */
    readonly blockBytes: number
  }
}

/**
 * Reads objects back, the requested ones or all, and reports what is wrong with which. When a whole dataset was requested, it also
 * reports the objects in storage that have no record. Changes nothing. With `more` in the answer, the next call continues.
 * @throws {StorageTrouble} when storage does not answer, which says nothing about an object.
 */
export async function verify(deps: VerifyDeps, request: VerifyRequest): Promise<VerifyAnswer> {
  const started = deps.now()
  const filter: ObjectFilter = {
    dataset: request.dataset ?? undefined,
    tenant: request.tenant ?? undefined,
    month: request.month ?? undefined,
  }
  const findings: VerifyFinding[] = []
  let after = request.after ?? '0'
  for (let checked = 0; ; ) {
    const page = { after, limit: AT_ONCE }
    const rows = await deps.db.readAll((tx) => selectObjectRows(tx, filter, page))
    for (const row of rows) {
      if (deps.now() - started >= deps.limits.runMs)
        return { ok: findings.length === 0, checked, findings, more: true, next: after }
      const wrong = await differenceOf(deps, row)
      if (wrong) findings.push({ uri: deps.store.uriOf(row.name), ...wrong })
      checked++
      after = row.id
    }
    if (rows.length === AT_ONCE) continue
    if (!filter.tenant && !filter.month) findings.push(...(await unknownObjects(deps, filter)))
    return { ok: findings.length === 0, checked, findings, more: false, next: null }
  }
}

const AT_ONCE = 100

type Wrong = Pick<VerifyFinding, 'code' | 'detail'>

async function differenceOf(deps: VerifyDeps, row: ObjectRow): Promise<Wrong | undefined> {
  const size = Number(row.size_bytes)
  const whole = wholeObject(deps.store, { name: row.name, generation: row.generation, size }, deps.limits.blockBytes)
  let content: Content | undefined
  let why = ''
  try {
    content = row.dataset === 'metrics' ? await metricContent(whole) : await rowContent(whole, row.dataset)
  } catch (error) {
    if (error instanceof StorageTrouble && error.reason !== 'missing') throw error
    if (error instanceof StorageTrouble) return { code: 'missing', detail: 'It is missing from storage.' }
    why = (error as Error).message
  }
  const checksum = await whole.checksum()
  const differs = (code: Wrong['code'], is: string, was: string): Wrong => ({
    code,
    detail: `It has ${is}, but ${was} is recorded.`,
  })
  if (checksum !== row.crc32c) return differs('checksum', checksum, row.crc32c)
  if (!content) return { code: 'unreadable', detail: `It cannot be read: ${why}` }
  if (content.rows !== Number(row.rows)) return differs('rows', `${content.rows} rows`, row.rows)
  const span = spanText(content.minAt, content.maxAt)
  const recorded = spanText(fromPostgres(row.min_ts), fromPostgres(row.max_ts))
  if (span !== recorded) return differs('span', span, recorded)
  const hash = row.content_sha256.toString('hex')
  return content.contentHash === hash ? undefined : differs('content', content.contentHash, hash)
}

interface Content {
  readonly rows: number
  readonly minAt: number | null
  readonly maxAt: number | null
  readonly contentHash: string
}

const spanText = (minAt: number | null, maxAt: number | null): string =>
  `${formatTimestamp(minAt ?? 0)} to ${formatTimestamp(maxAt ?? 0)}`

async function metricContent({ file }: WholeObject): Promise<Content> {
  const summary = metricSummary()
  for await (const run of readMetricParquet(file)) summary.add(run)
  return summary.finish()
}

async function rowContent({ file }: WholeObject, name: RowDataset['dataset']): Promise<Content> {
  const { columns, age } = rowDatasets.find(({ dataset }) => dataset === name) ?? FEEDBACK
  const rows = await readRowParquet(columns, new Uint8Array(await file.slice(0, file.byteLength)))
  return { rows: rows.length, ...spanOf(age, rows), contentHash: hashOfRows(columns, rows) }
}

/** Finds objects in storage without a record. An object is recorded after it was written, so young ones are ignored. */
async function unknownObjects({ db, store, now }: VerifyDeps, filter: ObjectFilter): Promise<VerifyFinding[]> {
  const found: VerifyFinding[] = []
  for (const dataset of filter.dataset === undefined ? datasets : [filter.dataset]) {
    const known = new Set<string>()
    for (let after = '0', full = true; full; ) {
      const page = { after, limit: PAGE }
      const rows = await db.readAll((tx) => selectObjectRows(tx, { dataset }, page))
      for (const { name, generation } of rows) known.add(`${name} ${generation}`)
      full = rows.length === PAGE
      after = rows.at(-1)?.id ?? after
    }
    for await (const { name, generation, size, writtenMs } of store.list(`${dataset}/`)) {
      if (known.has(`${name} ${generation}`) || now() - writtenMs < YOUNG_MS) continue
      found.push({ uri: store.uriOf(name), code: 'unknown', detail: `It has no record. It has ${size} bytes.` })
      if (found.length === MOST_UNKNOWN) return found
    }
  }
  return found
}

const PAGE = 10_000
const YOUNG_MS = 3_600_000
const MOST_UNKNOWN = 1_000
