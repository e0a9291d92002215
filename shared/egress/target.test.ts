import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from 'vitest'
import { NameUnresolved, readTarget, resolveTarget, TargetRefused } from './target.ts'

/** A resolver that answers these addresses to every name, and counts its questions. */
function resolver(...addresses: readonly string[]) {
  const asked: string[] = []
  const lookup = async (name: string): Promise<readonly LookupAddress[]> => {
    asked.push(name)
    if (addresses.length === 0) throw new Error('ENOTFOUND')
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { asked, lookup }
}

describe('a URL', () => {
  it.each([
    'not a url',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://example.com/',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/computeMetadata/v1/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://0.0.0.0/',
    'https://[::]/',
    'https://[::1]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://[ff02::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[64:ff9b::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://[2001:0:a00:1::]/',
    'https://[2001:db8::1]/',
  ])('is refused before anything is asked: %s', async (url) => {
    const { asked, lookup } = resolver('8.8.8.8')
    await expect(resolveTarget({ lookup, allowsLoopback: false }, url)).rejects.toThrow(TargetRefused)
    expect(asked).toEqual([])
  })

  it.each(['https://8.8.8.8/', 'https://8.8.8.8:8443/a?b=c', 'https://[2606:4700::1111]/'])(
    'with a public address needs no resolver: %s',
    async (url) => {
      const { asked, lookup } = resolver()
      expect(await resolveTarget({ lookup, allowsLoopback: false }, url)).toMatchObject({ url: new URL(url) })
      expect(asked).toEqual([])
    },
  )

  it.each(['http://127.0.0.1:9/', 'http://localhost/', 'http://[::1]/'])(
    'on this machine is allowed for a suite on one machine only: %s',
    (url) => {
      expect(() => readTarget({ allowsLoopback: false }, url)).toThrow(TargetRefused)
      expect(readTarget({ allowsLoopback: true }, url).href).toBe(new URL(url).href)
    },
  )
})

describe('a name', () => {
  it('is resolved once, and the address that was checked is the one that is used', async () => {
    const { asked, lookup } = resolver('8.8.8.8', '2606:4700::1111')
    const target = await resolveTarget({ lookup, allowsLoopback: false }, 'https://example.com/alerts')
    expect(target).toMatchObject({ address: '8.8.8.8', family: 4 })
    expect(asked).toEqual(['example.com'])
  })

  it.each([
    ['10.0.0.1'],
    ['169.254.169.254'],
    ['::1'],
    ['::ffff:10.0.0.1'],
    ['8.8.8.8', '10.0.0.1'],
    ['2606:4700::1111', 'fd00::1'],
  ])('is refused when one of its addresses is internal: %s %s', async (...addresses) => {
    const { lookup } = resolver(...addresses)
    await expect(resolveTarget({ lookup, allowsLoopback: false }, 'https://example.com/')).rejects.toThrow(
      TargetRefused,
    )
  })

  it('leads to this machine only where that is allowed, and with TLS', async () => {
    const { lookup } = resolver('127.0.0.1')
    await expect(resolveTarget({ lookup, allowsLoopback: true }, 'http://example.com/')).rejects.toThrow(TargetRefused)
    await expect(resolveTarget({ lookup, allowsLoopback: false }, 'https://example.com/')).rejects.toThrow(
      TargetRefused,
    )
    expect((await resolveTarget({ lookup, allowsLoopback: true }, 'https://example.com/')).address).toBe('127.0.0.1')
  })

  it('without an address is not refused for good', async () => {
    const { lookup } = resolver()
    await expect(resolveTarget({ lookup, allowsLoopback: false }, 'https://example.com/')).rejects.toThrow(
      NameUnresolved,
    )
  })
})
