import { describe, expect, it } from 'vitest'
import { judgeDatabaseLog, judgeLog } from './logs.ts'

const line = (fields: object): string => JSON.stringify({ severity: 'INFO', message: 'request.served', ...fields })
const SECRET = 'gh7Tq2LmZx'

describe("a function's log", () => {
  it('is well with lines of JSON, what the framework prints, and the limits of an instance', () => {
    const busy = { severity: 'ERROR', status: 503, detail: 'There are too many requests at the same time.' }
    const text = ['Serving function...', 'Function: metrics-ingest', line({}), line(busy), ''].join('\n')
    expect(judgeLog(text, [SECRET])).toEqual([])
  })

  it.each([
    ['an error', line({ severity: 'ERROR', message: 'request.failed' }), /^an error: .*request\.failed/],
    ['a critical one', line({ severity: 'CRITICAL' }), /^an error: /],
    ['another 503', line({ severity: 'ERROR', status: 503, detail: 'no database' }), /^an error: /],
    ['a stack trace', '    at store (writer.ts:10:7)', /^a line that is not a log line: {5}at store/],
    ['a part of a secret', line({ path: `/x?key=pk_1_${SECRET}` }), /^a secret: /],
  ])('is not with %s', (_, text, sentence) => {
    expect(judgeLog(`${line({})}\n${text}\n`, [SECRET])).toEqual([expect.stringMatching(sentence)])
  })

  it('has the first five of a kind told, and the others counted', () => {
    const text = Array.from({ length: 7 }, () => line({ severity: 'ERROR' })).join('\n')
    expect(judgeLog(text, [])).toHaveLength(6)
    expect(judgeLog(text, []).at(-1)).toBe('… and 2 more')
  })
})

describe("PostgreSQL's log", () => {
  it('is well without errors, and with the one of two runs that begin at once', () => {
    const text = `LOG:  checkpoint starting
ERROR:  duplicate key value violates unique constraint "job_run_open"
FATAL:  terminating connection due to idle-session timeout
`
    expect(judgeDatabaseLog(text, [SECRET])).toEqual([])
  })

  it.each([
    ['a failed statement', 'ERROR:  invalid byte sequence for encoding "UTF8": 0x00', /^an error: /],
    ['a secret', `LOG:  statement: select '${SECRET}'`, /^a secret: /],
  ])('is not with %s', (_, text, sentence) => {
    expect(judgeDatabaseLog(text, [SECRET])).toEqual([expect.stringMatching(sentence)])
  })
})
