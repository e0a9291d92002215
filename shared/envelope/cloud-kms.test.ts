import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FakeKms, openKms } from '../../test/support/google/fake-kms.ts'
import { cloudKms } from './cloud-kms.ts'
import { createEnvelope } from './envelope.ts'

let kms: FakeKms
beforeAll(async () => {
  kms = await openKms()
})
afterAll(async () => await kms.close())
beforeEach(() => {
  kms.calls.length = 0
  kms.damage = () => {}
})

const open = (key = kms.key) =>
  createEnvelope({
    keys: cloudKms({ key, endpoint: kms.url, metadataHost: '127.0.0.1:1', now: Date.now }),
    now: Date.now,
  })
const CONTEXT = 'tenant 1, channel 2'

describe('a key of Cloud KMS', () => {
  it('wraps and unwraps by the own client of the service, with one call each', async () => {
    const sealed = await open().seal('https://example.com', CONTEXT)
    const envelope = open()
    expect(await envelope.open(sealed, CONTEXT)).toBe('https://example.com')
    expect(await envelope.open(sealed, CONTEXT)).toBe('https://example.com')
    expect(kms.calls).toEqual(['encrypt', 'decrypt'])
  })

  it('is named with its version in the sealed bytes, and a rotation leaves older ones readable', async () => {
    const old = await open().seal('old', CONTEXT)
    kms.rotate()
    const fresh = await open().seal('new', CONTEXT)
    expect(old.toString('latin1')).toContain(`${kms.key}/cryptoKeyVersions/1`)
    expect(fresh.toString('latin1')).toContain(`${kms.key}/cryptoKeyVersions/2`)
    expect([await open().open(old, CONTEXT), await open().open(fresh, CONTEXT)]).toEqual(['old', 'new'])
  })

  it('refuses another context, and a key that the account may not use', async () => {
    const sealed = await open().seal('a', CONTEXT)
    await expect(open().open(sealed, 'tenant 3')).rejects.toThrow(/Decryption failed/)
    await expect(open(kms.key.replace('channels', 'other')).seal('a', CONTEXT)).rejects.toThrow(/Permission denied/)
  })

  it.each([
    ['ciphertextCrc32c', '1'],
    ['verifiedPlaintextCrc32c', false],
    ['verifiedAdditionalAuthenticatedDataCrc32c', false],
    ['name', 'projects/other'],
  ])('is not trusted when its answer was damaged on the way: %s', async (field, value) => {
    kms.damage = (answer) => void Object.assign(answer, { [field]: value })
    await expect(open().seal('a', CONTEXT)).rejects.toThrow('Cloud KMS answered a damaged wrapped key')
  })

  it('is not trusted with a data key that was damaged on the way', async () => {
    const sealed = await open().seal('a', CONTEXT)
    kms.damage = (answer) => void Object.assign(answer, { plaintext: Buffer.alloc(32).toString('base64') })
    await expect(open().open(sealed, CONTEXT)).rejects.toThrow('Cloud KMS answered a damaged key')
  })
})
