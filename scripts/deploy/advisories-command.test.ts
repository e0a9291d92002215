import { expect, test } from 'vitest'
import { judgeAdvisories } from './advisories-command.ts'

const report = (severity: string) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: {
      express: {
        name: 'express',
        severity,
        via: [{ title: 'Open redirect', url: 'https://github.com/advisories/GHSA-x', severity }, 'qs'],
        range: '<5.1.0',
      },
    },
    metadata: { vulnerabilities: { [severity]: 1, total: 1 } },
  })

test.each(['high', 'critical'])(
  'an advisory of severity %s is found, and named with where to read more',
  (severity) => {
    expect(judgeAdvisories(report(severity))).toEqual({
      state: 'found',
      lines: [
        `${severity}: express <5.1.0: Open redirect https://github.com/advisories/GHSA-x; by qs`,
        '1 deployed packages have advisories of high or critical severity',
      ],
    })
  },
)

test.each(['moderate', 'low', 'info'])('one of severity %s is shown and stops nothing', (severity) => {
  const { state, lines } = judgeAdvisories(report(severity))
  expect(state).toBe('clear')
  expect(lines[0]).toContain('express <5.1.0')
})

test('no advisory at all is clear', () => {
  expect(judgeAdvisories('{"auditReportVersion":2,"vulnerabilities":{}}').state).toBe('clear')
})

test.each([
  [
    'refuses the question',
    '{"message":"405 Method Not Allowed","method":"POST","error":{"summary":"","detail":""}}',
    '405',
  ],
  ['is out of reach', '{"error":{"code":"ENOTFOUND","summary":"request failed","detail":""}}', 'request failed'],
  ['hangs until npm is ended', '', 'no report'],
  ['answers nonsense', 'npm ERR!', 'no report'],
])('a registry that %s is passed over and says so', (_what, text, why) => {
  const { state, lines } = judgeAdvisories(text)
  expect(state).toBe('unanswered')
  expect(lines.join()).toContain(why)
})
