// Finds the address that a request comes from, as our own proxies saw it.
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

/** Longer than any address; a longer text was not written by our proxies. */
const MAX_LENGTH = 64

/**
 * Returns the address of a request's client, for counting. An IPv6 address is cut to its /64, because one subscriber has that many.
 *
 * `trustedHops` is the number of addresses that our own proxies append to `X-Forwarded-For`: the first of them is the client's, and
 * everything before it was sent by the client and is ignored. For a request that did not pass all proxies, it is the peer's address.
 */
export function callerAddress(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustedHops: number,
): string {
  const hops = trustedHops === 0 ? [] : String(headers['x-forwarded-for'] ?? '').split(',')
  const seen = hops.at(-trustedHops)?.trim()
  return networkOf(hops.length >= trustedHops && seen ? seen.slice(0, MAX_LENGTH) : (socket.remoteAddress ?? 'unknown'))
}

/** The network that an address counts towards: the /64 of an IPv6 address, and any other address itself. */
export function networkOf(written: string): string {
  const address = written.toLowerCase()
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail] = address.split('%', 1)[0]?.split('::', 2) ?? []
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
