// Checks a URL that a tenant wrote, and resolves its name once. The request then goes to the address that was checked.
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { answerWithin } from '../base/timeout.ts'
import { isLoopbackAddress, isPublicAddress } from './addresses.ts'

/** A URL whose address was checked. */
export interface CheckedTarget {
  readonly url: URL
  readonly address: string
  readonly family: 4 | 6
}

/** A URL that must not be called. The message is for the tenant. */
export class TargetRefused extends Error {}

/** A name that could not be resolved now. The message is for the tenant; a later attempt may succeed. */
export class NameUnresolved extends Error {}

export interface TargetDeps {
  /** Returns every address of a name. */
  readonly lookup: (name: string, options: { readonly all: true }) => Promise<readonly LookupAddress[]>
  /** Allows this machine as a target, also without TLS. Only for the local suite. */
  readonly allowsLoopback: boolean
}

/** Resolves a name as the operating system does. */
export const systemLookup: TargetDeps['lookup'] = async (name, options) => await lookup(name, options)

const LOOKUP_MS = 5_000

/**
 * Checks everything about a URL that needs no network.
 * @throws {TargetRefused} for anything but https to a host, without a user and a password.
 */
export function readTarget({ allowsLoopback }: Pick<TargetDeps, 'allowsLoopback'>, text: string): URL {
  if (!URL.canParse(text)) throw new TargetRefused('must be a URL, such as https://example.com/alerts')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TargetRefused('must begin with https://')
  if (url.username !== '' || url.password !== '') throw new TargetRefused('must not have a user or a password')
  const host = hostOf(url)
  const isHere = host === 'localhost' || isLoopbackAddress(host)
  if (url.protocol === 'http:' && !(allowsLoopback && isHere)) throw new TargetRefused('must begin with https://')
  if (isIP(host) !== 0) refuseInternal([host], allowsLoopback)
  return url
}

/**
 * Resolves the name of a URL. Every address has to be a public one: a name with a public and an internal address is refused.
 * @throws {TargetRefused} for a URL that must not be called.
 * @throws {NameUnresolved} when the name has no address, or none was found within 5 s.
 */
export async function resolveTarget(deps: TargetDeps, text: string): Promise<CheckedTarget> {
  const url = readTarget(deps, text)
  const host = hostOf(url)
  const family = isIP(host)
  const found = family === 0 ? await lookUp(deps, host) : [{ address: host, family }]
  refuseInternal(
    found.map(({ address }) => address),
    deps.allowsLoopback,
  )
  const [first] = found
  if (!first) throw new NameUnresolved('has a host name without an address')
  return { url, address: first.address, family: first.family === 6 ? 6 : 4 }
}

/** Returns the host as DNS and sockets take it: an IPv6 address without brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1')

async function lookUp(deps: TargetDeps, host: string): Promise<readonly LookupAddress[]> {
  try {
    return await answerWithin(LOOKUP_MS, deps.lookup(host, { all: true }), 'address')
  } catch (error) {
    throw new NameUnresolved('has a host name that cannot be resolved', { cause: error })
  }
}

function refuseInternal(addresses: readonly string[], allowsLoopback: boolean): void {
  const isAllowed = (address: string): boolean =>
    isPublicAddress(address) || (allowsLoopback && isLoopbackAddress(address))
  if (!addresses.every(isAllowed)) throw new TargetRefused('must not lead to an address of an internal network')
}
