// Comments are sentences that can be read without the identifier beside them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readTree } from './support/house/source-tree.ts'

const root = join(import.meta.dirname, '..')
const files = readTree(root).filter((file) => /^(shared|functions)\/.*\.ts$/.test(file))
const DANGLING = /^\s*(?:\/\*\*|\*|\/\/) (?:Of|Whose|Whoever)\b/

it('opens no comment with a genitive that hangs on an identifier', () => {
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (DANGLING.test(line) ? [`${file}:${at + 1} ${line.trim()}`] : [])),
  )
  expect(found).toEqual([])
})
