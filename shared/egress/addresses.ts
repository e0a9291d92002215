// Decides which addresses a URL that a tenant wrote may reach: none of an internal network.
import { BlockList, isIP } from 'node:net'

/** IPv4 ranges outside the public internet, multicast and broadcast: https://www.iana.org/assignments/iana-ipv4-special-registry */
const INTERNAL_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const
/** Ranges of 2000::/3, the global unicast addresses, that hold an IPv4 address or are documentation. Every other range is internal. */
const INTERNAL_V6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const

const internal = new BlockList()
for (const [net, bits] of INTERNAL_V4) internal.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of INTERNAL_V6) internal.addSubnet(net, bits, 'ipv6')
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Returns true for an address of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !internal.check(address, 'ipv4')
  return family === 6 && globalUnicast.check(address, 'ipv6') && !internal.check(address, 'ipv6')
}

/** Returns true for an address of this machine. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')
}
