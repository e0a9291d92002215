import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { mutatedHeaders } from './header-mutations.ts'

/** Changed elsewhere: as a credential, as the first line of every request, as a length that lies. The last three are headers of answers. */
const ELSEWHERE = ['authorization', 'host', 'content-length', 'etag', 'link', 'vary']

const READS = /\bheaders(?:\??\.)?(?:\['([a-z-]+)'\]|\.(authorization|host|origin)\b)/g

function headersRead(): Set<string> {
  const sources = globSync(['functions/**/*.ts', 'shared/**/*.ts']).filter((file) => !file.endsWith('.test.ts'))
  const names = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(READS)].map(([, quoted, dotted]) => quoted ?? dotted ?? ''),
  )
  return new Set(names)
}

it('every header that a function reads is among those that are changed', () => {
  const read = headersRead()
  expect(read).toContain('x-cloudscheduler-scheduletime')
  expect([...read].filter((name) => !mutatedHeaders.includes(name) && !ELSEWHERE.includes(name))).toEqual([])
})
