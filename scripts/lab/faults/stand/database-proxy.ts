// A TCP proxy between functions and PostgreSQL that disturbs the network: delays, cuts at the worst moment, silence.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Random } from '../../random.ts'
import { isCommit, isCommitted, type Message, splitMessages } from './postgres-messages.ts'

/** Disturbances of the network. A change applies from the next message on, also to open connections. */
export interface Trouble {
  /** Delay of every message of the server, in milliseconds. */
  delayMs: number
  /** Share of the commits whose connection is cut before the server receives them. */
  cutBeforeCommit: number
  /** Share of the commits whose connection is cut after the server has committed, and before the client gets the answer. */
  cutAfterCommit: number
  /** Share of the client's messages at which the connection is cut. */
  cutAnywhere: number
}

export interface DatabaseProxy {
  readonly port: number
  readonly trouble: Trouble
  /** Returns how often a connection was cut. */
  cuts(): number
  /** Closes the server's side of every connection; the client's side stays open, and never receives anything again. */
  silence(): void
  close(): Promise<void>
}

export const NO_TROUBLE: Trouble = { delayMs: 0, cutBeforeCommit: 0, cutAfterCommit: 0, cutAnywhere: 0 }

interface Link {
  readonly client: Socket
  readonly server: Socket
  silent: boolean
  /** True when the answer to the current commit must not arrive. */
  losesAnswer: boolean
  /** When the last delayed message is due, so that none overtakes another. */
  dueAt: number
}

/** Starts a proxy to a server on loopback, without disturbances. */
export async function startDatabaseProxy(deps: { readonly random: Random }, target: number): Promise<DatabaseProxy> {
  const links = new Set<Link>()
  const trouble: Trouble = { ...NO_TROUBLE }
  let cuts = 0
  const cut = (link: Link): void => {
    cuts++
    link.client.resetAndDestroy()
    link.server.resetAndDestroy()
  }
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
    const link: Link = { client, server, silent: false, losesAnswer: false, dueAt: 0 }
    links.add(link)
    forwardToServer(deps.random, trouble, link, cut)
    forwardToClient(trouble, link, cut)
    endTogether(link, () => links.delete(link))
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    trouble,
    cuts: () => cuts,
    silence() {
      for (const link of links) {
        link.silent = true
        link.server.destroy()
      }
    },
    async close() {
      const closed = once(listener, 'close')
      listener.close()
      for (const { client, server } of links) for (const socket of [client, server]) socket.destroy()
      await closed
    },
  }
}

/** When one side ends, the other is ended too, unless the connection must be silent. */
function endTogether(link: Link, ended: () => void): void {
  const { client, server } = link
  for (const socket of [client, server]) {
    socket.on('error', () => {})
    socket.once('close', () => {
      if (!link.silent) for (const side of [client, server]) side.destroy()
      if (client.destroyed && server.destroyed) ended()
    })
  }
}

function forwardToServer(random: Random, trouble: Trouble, link: Link, cut: (link: Link) => void): void {
  const split = splitMessages(true)
  const pass = (message: Message): void => {
    if (link.silent || link.client.destroyed) return
    if (random.chance(trouble.cutAnywhere)) return cut(link)
    if (isCommit(message)) {
      if (random.chance(trouble.cutBeforeCommit)) return cut(link)
      link.losesAnswer = random.chance(trouble.cutAfterCommit)
    }
    link.server.write(message.bytes)
  }
  link.client.on('data', (chunk: Buffer) => {
    link.server.cork()
    for (const message of split(chunk)) pass(message)
    link.server.uncork()
  })
}

function forwardToClient(trouble: Trouble, link: Link, cut: (link: Link) => void): void {
  const split = splitMessages(false)
  const pass = (bytes: Buffer): void => {
    if (!link.silent && !link.client.destroyed) link.client.write(bytes)
  }
  link.server.on('data', (chunk: Buffer) => {
    link.client.cork()
    for (const message of split(chunk)) {
      if (link.losesAnswer && isCommitted(message)) return cut(link)
      const now = performance.now()
      const waitMs = Math.max(link.dueAt - now, trouble.delayMs)
      link.dueAt = now + waitMs
      if (waitMs <= 0) pass(message.bytes)
      else setTimeout(() => pass(message.bytes), waitMs)
    }
    link.client.uncork()
  })
}
