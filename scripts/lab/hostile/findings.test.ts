import { expect, it } from 'vitest'
import { openFindings } from './findings.ts'

it('three of a kind are shown, and all are counted, whichever request broke the rule', () => {
  const shown: string[] = []
  const findings = openFindings((line) => shown.push(line))
  for (let i = 0; i < 5; i++) findings.add(`status 500 (request ${i}, metrics-ingest.one, wire)`, () => [`again: ${i}`])
  findings.add('rows of another tenant have changed')
  expect(shown).toEqual([
    'BROKEN status 500 (request 0, metrics-ingest.one, wire)',
    '  again: 0',
    'BROKEN status 500 (request 1, metrics-ingest.one, wire)',
    '  again: 1',
    'BROKEN status 500 (request 2, metrics-ingest.one, wire)',
    '  again: 2',
    'BROKEN rows of another tenant have changed',
  ])
  expect(findings.count()).toBe(6)
  expect(findings.kinds()).toEqual(['5 times: status 0', '1 times: rows of another tenant have changed'])
})
