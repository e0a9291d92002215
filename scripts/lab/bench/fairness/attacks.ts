// Six attacks by which one tenant, or a caller without a key, uses more of an instance than its share.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { crc32, gzipSync } from 'node:zlib'
import { type Ask, asker } from './asking.ts'

export interface Plan {
  readonly attack: AttackName
  readonly port: number
  /** Key of the attacking tenant; unused by an attack without a key. */
  readonly key: string
}

/** Counts the answers to the attack; 0 means a connection that ended without an answer. */
export type Tally = (status: number) => void

/** Starts an attack, which runs until the process is ended. */
type Flood = (plan: Plan, tally: Tally) => void

export const ATTACKS = {
  'unfinished-bodies': { function: 'metrics-ingest', what: '330 bodies of which one byte comes' },
  'made-up-keys': { function: 'feedback', what: '400 clients at four addresses with keys that do not exist' },
  'heavy-reads': { function: 'metrics-query', what: '16 readers of percentiles over 250,000 points' },
  'huge-bodies': { function: 'metrics-ingest', what: '16 senders of 990,000 keys, 11 MiB each' },
  'dead-letters': { function: 'metrics-ingest-pubsub', what: '8 senders of messages of 8 MiB that hold no metric' },
  'many-series': { function: 'metrics-ingest', what: '16 senders of batches of 1,000 series that are new' },
} as const

export type AttackName = keyof typeof ATTACKS

export const attackNames = Object.keys(ATTACKS) as readonly AttackName[]

const ADDRESS = '198.51.100.7'
const JSON_TYPE = { 'content-type': 'application/json' }
const METRICS = '/api/v1/monitoring/metrics'

export const floods: Readonly<Record<AttackName, Flood>> = {
  'unfinished-bodies': ({ port, key }, tally) => {
    for (let i = 0; i < 330; i++) unfinished(port, key, tally)
  },
  'made-up-keys': ({ port }, tally) => {
    const ask = asker(port)
    inParallel(400, tally, (client) =>
      ask({
        method: 'GET',
        path: '/api/v1/feedback/stats?insight_id=x',
        key: madeUpKey(),
        address: `198.51.100.${client % 4}`,
      }),
    )
  },
  'heavy-reads': ({ port, key }, tally) => {
    const ask = asker(port)
    let asked = 0
    inParallel(16, tally, () => {
      const from = new Date(Date.now() - 28 * 86_400_000).toISOString()
      const percentiles = `50,${(90 + (asked++ % 9_000) / 1_000).toFixed(3)}`
      const query = new URLSearchParams({
        service_name: 'heavy',
        metric_type: 't',
        start_time: from,
        end_time: new Date().toISOString(),
        interval: 'hour',
        percentiles,
      })
      return ask({ method: 'GET', path: `${METRICS}/aggregate?${query.toString()}`, key, address: ADDRESS })
    })
  },
  'huge-bodies': ({ port, key }, tally) => {
    const ask = asker(port)
    const body = gzipSync(`[{${Array.from({ length: 990_000 }, (_, i) => `"k${i}":1`).join(',')}}]`)
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' }
    inParallel(16, tally, (client) => post(ask, key, client % 2 === 0 ? METRICS : `${METRICS}/batch`, body, headers))
  },
  'dead-letters': ({ port, key }, tally) => {
    const ask = asker(port)
    const data = randomBytes(6 * 1024 * 1024).toString('base64')
    let sent = 0
    inParallel(8, tally, () => {
      const messageId = `${process.pid}-${sent++}`
      const body = `{"message":{"messageId":"${messageId}","data":"${data}"},"subscription":"projects/p/subscriptions/s"}`
      return post(ask, key, '/', body)
    })
  },
  'many-series': ({ port, key }, tally) => {
    const ask = asker(port)
    let series = 0
    inParallel(16, tally, () => {
      const entries = Array.from({ length: 1_000 }, () => ({
        service_name: `s${process.pid}-${series++}`,
        metric_type: 't',
        metric_value: 1,
        unit: '',
      }))
      return post(ask, key, `${METRICS}/batch`, JSON.stringify(entries), { ...JSON_TYPE, prefer: 'return=minimal' })
    })
  },
}

function post(
  ask: Ask,
  key: string,
  path: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): Promise<number> {
  return ask({ method: 'POST', path, key, address: ADDRESS, headers, body })
}

/** Runs this many clients with one request each at a time; after a refusal they retry at once, like an attacker. */
function inParallel(clients: number, tally: Tally, ask: (client: number) => Promise<number>): void {
  const go = async (client: number): Promise<void> => {
    for (;;) tally(await ask(client))
  }
  for (let client = 0; client < clients; client++) void go(client)
}

/** Sends one byte of a body on a connection that is opened again when it ends. */
function unfinished(port: number, key: string, tally: Tally): void {
  const socket = connect(port, '127.0.0.1')
  let status = 0
  socket.on('data', (data: Buffer) => (status ||= Number(data.toString('latin1', 9, 12))))
  socket.on('error', () => {})
  socket.on('close', () => {
    tally(status)
    setTimeout(() => unfinished(port, key, tally), 50)
  })
  const head = `authorization: Bearer ${key}\r\nx-forwarded-for: ${ADDRESS}\r\ncontent-type: application/json`
  socket.write(`POST ${METRICS} HTTP/1.1\r\nhost: x\r\n${head}\r\ncontent-length: 1000\r\n\r\n{`)
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Returns a made-up key in the form whose checksum anybody can compute. */
function madeUpKey(): string {
  const digits = (count: number): string =>
    Array.from(randomBytes(count), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
  const unchecked = `pk_${digits(12)}_${digits(43)}`
  let checksum = ''
  for (let rest = crc32(unchecked); checksum.length < 6; rest = Math.floor(rest / 62))
    checksum = ALPHABET.charAt(rest % 62) + checksum
  return unchecked + checksum
}
