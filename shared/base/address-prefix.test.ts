import { expect, it } from 'vitest'
import { prefixOf } from './address-prefix.ts'

it.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['2001:db8:1:2::/64', '2001:db8:1:2::/64'],
  ['unknown', 'unknown'],
  ['', ''],
])('the prefix of %s is %s', (address, prefix) => {
  expect(prefixOf(address)).toBe(prefix)
})
