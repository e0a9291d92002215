import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { callerAddress } from './caller-address.ts'

function addressOf(forwarded: string | undefined, trustedHops: number, peer = '10.0.0.1'): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return callerAddress({ headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage, trustedHops)
}

describe('the address of a caller', () => {
  it.each([
    ['without a proxy, whatever the client wrote', '203.0.113.9', 0, '10.0.0.1'],
    ['behind one proxy', '203.0.113.9', 1, '203.0.113.9'],
    ['behind one proxy, with addresses that the client made up', '1.1.1.1, 2.2.2.2,203.0.113.9', 1, '203.0.113.9'],
    ['behind a load balancer, which adds its own address', '203.0.113.9,34.1.1.1', 2, '203.0.113.9'],
    ['behind a load balancer, with made-up addresses', 'x, 9.9.9.9, 203.0.113.9,34.1.1.1', 2, '203.0.113.9'],
    ['where it came past the load balancer', '203.0.113.9', 2, '10.0.0.1'],
    ['where no proxy has written one', undefined, 1, '10.0.0.1'],
    ['where what was written is empty', 'a, ', 1, '10.0.0.1'],
  ])('is right %s', (_where, forwarded, hops, expected) => {
    expect(addressOf(forwarded, hops)).toBe(expected)
  })

  it('is the network of an IPv6 address, since one subscriber has all of it', () => {
    expect(addressOf('2001:DB8:0:7::1', 1)).toBe('2001:db8:0:7::/64')
    expect(addressOf('2001:db8:0:7:ffff:1:2:3', 1)).toBe('2001:db8:0:7::/64')
    expect(addressOf('2001:db8::9', 1)).toBe('2001:db8:0:0::/64')
    expect(addressOf('::1', 1)).toBe('0:0:0:0::/64')
    expect(addressOf('fe80::1%eth0', 1)).toBe('fe80:0:0:0::/64')
  })

  it('is the IPv4 address of one that is mapped, and never longer than an address', () => {
    expect(addressOf(undefined, 0, '::ffff:10.1.2.3')).toBe('10.1.2.3')
    expect(addressOf('x'.repeat(5_000), 1)).toHaveLength(64)
  })
})
