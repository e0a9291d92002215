// A receiver of webhooks that compares ids, as the receivers of tenants do.
import { createServer } from 'node:http'
import { closeServer, listenOnLoopback } from '../../../local/listen.ts'

export interface AlertReceiver {
  readonly url: string
  /** Called when an answer was sent; `isFirst` is false for an id that had come before. */
  onAnswered: (isFirst: boolean) => void
  /** Returns how many notifications of a type have come, each id once. */
  count(type: string): number
  /** Returns how many requests have come. */
  requests(): number
  /** Returns what is wrong, as sentences. With `once`, no id may have come twice. */
  complaints(rules: number, once: boolean): readonly string[]
  close(): Promise<void>
}

interface Told {
  readonly type: string
  readonly event: string
}

export async function openAlertReceiver(): Promise<AlertReceiver> {
  const told = new Map<string, Told>()
  let requests = 0
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      requests++
      const id = String(request.headers['webhook-id'])
      const { type, data } = JSON.parse(Buffer.concat(parts).toString()) as Told & { data: { event: { id: string } } }
      const isFirst = !told.has(id)
      if (isFirst) told.set(id, { type, event: data.event.id })
      response.writeHead(200).end(() => receiver.onAnswered(isFirst))
    })
  })
  const receiver: AlertReceiver = {
    url: `http://127.0.0.1:${await listenOnLoopback(server, 0)}/`,
    onAnswered: () => {},
    count: (type) => [...told.values()].filter((one) => one.type === type).length,
    requests: () => requests,
    complaints: (rules, once) => [
      ...complaintsOf([...told.values()], rules),
      ...(once && requests !== told.size ? [`${told.size} notifications came in ${requests} requests`] : []),
    ],
    close: async () => await closeServer(server),
  }
  return receiver
}

/** Each event has two notifications: the second one says that it is resolved. */
function complaintsOf(told: readonly Told[], rules: number): readonly string[] {
  const byEvent = Map.groupBy(told, ({ event }) => event)
  const wrong = [...byEvent].filter(
    ([, all]) => all.map(({ type }) => type).join() !== 'alert.triggered,alert.resolved',
  )
  return [
    ...(byEvent.size === rules ? [] : [`${rules} events were expected, and ${byEvent.size} were received`]),
    ...wrong
      .slice(0, 3)
      .map(([event, all]) => `event ${event} was received as ${all.map(({ type }) => type).join(', ')}`),
  ]
}
