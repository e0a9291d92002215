import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createApiKey } from '../auth/api-key.ts'
import { prefixOf, withoutCredentials } from './redaction.ts'

const { key } = createApiKey(randomBytes, Buffer.alloc(32, 1))
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

describe('a credential is redacted', () => {
  test.each([
    ['a key in a path', `/api/v1/monitoring/backfill/${key}`, '/api/v1/monitoring/backfill/pk_[redacted]'],
    ['a key in a user agent', `agent ${key} more`, 'agent pk_[redacted] more'],
    ['a key of the next version', 'pk2_abc_def', 'pk_[redacted]'],
    ['a key that was cut short', key.slice(0, 20), 'pk_[redacted]'],
    ['a key that is encoded', `/${key.replace('_', '%5f')}`, '/pk_[redacted]'],
    ['a token', `/x/${jwt}/y`, '/x/[redacted token]/y'],
    ['an access token', 'ya29.a0AfB_byC-1234567890', '[redacted token]'],
    ['Basic', `curl Basic ${Buffer.from('name:password').toString('base64')}`, 'curl Basic [redacted]'],
    ['Bearer', 'Bearer 0123456789abcdef0123', 'Bearer [redacted]'],
    ['a password in a URL', 'http://user:hunter2secret@h/x', 'http://user:[redacted]@h/x'],
    ['a password with quotation marks, in JSON', '{"a":"//u:p\\"w@h","b":1}', '{"a":"//u:[redacted]@h","b":1}'],
  ])('%s', (_what, text, redacted) => {
    expect(withoutCredentials(text)).toBe(redacted)
    expect(withoutCredentials(redacted)).toBe(redacted)
  })
})

test.each([
  'GET /api/v1/monitoring/metrics',
  'Basic authentication needs a name and a password',
  '{"url":"http://127.0.0.1:8080/x","caller":"somebody@example.com"}',
  'the key is not known',
])('%s stays', (text) => {
  expect(withoutCredentials(text)).toBe(text)
})

test.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['2001:db8:1:2::/64', '2001:db8:1:2::/64'],
  ['unknown', 'unknown'],
  ['', ''],
])('the prefix of %s is %s', (address, prefix) => {
  expect(prefixOf(address)).toBe(prefix)
})
