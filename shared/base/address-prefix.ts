// The part of a caller's address that is recorded.

/**
 * Returns the /24 of an IPv4 address, which does not identify a household, and every other text as it is: an IPv6 address is a /64 already
 * (see caller-address.ts).
 */
export function prefixOf(address: string): string {
  const [, network] = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(address) ?? []
  return network === undefined ? address : `${network}.0/24`
}
