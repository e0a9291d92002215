// Comments are sentences in the terms of the glossary, and can be read without the identifier next to them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commentsOf } from './support/house/comments.ts'
import { betterTerm } from './support/house/glossary.ts'
import { readTree } from './support/house/source-tree.ts'

const root = join(import.meta.dirname, '..')
const files = readTree(root).filter((file) => /^(?:shared|functions|scripts|test)\/.*\.tsx?$/.test(file))
const comments = files.flatMap((file) =>
  commentsOf(readFileSync(join(root, file), 'utf8')).map(({ line, text }) => ({ where: `${file}:${line}`, text })),
)

/** Words with which a comment hangs on its identifier: a question or a genitive without a main clause. */
const HANGING = /^(?:Of|What|Whatever|Whose|Who|Whom|Whoever|Whether|Which|How|Why)\b/
/** A comment that gives only errors or a source says nothing about what the code does. */
const TAG = /^@/
/** Words that begin a subordinate clause or an adverbial; a comma or a colon shows that a main clause follows. */
const SUBORDINATE = /^(?:When|Where|While|If|As|Until|Unless|Because|By|From|To|For|With|Without|Beside)\b/
const quoted = /`[^`]*`|"[^"]*"/g

/** Returns the rule that a comment breaks; undefined when it breaks none. */
function brokenRule(comment: string): string | undefined {
  const text = comment.replaceAll(quoted, '…')
  const [first = ''] = text.split(/(?<=[.;])(?:\s|$)|\s@/)
  if (HANGING.test(text)) return 'begin with the subject'
  if (TAG.test(text)) return 'say first what it does'
  if (SUBORDINATE.test(first) && !/[,:]/.test(first)) return 'write the main clause, or a comma before it'
  const instead = betterTerm(text)
  return instead && `write ${instead}`
}

describe('the rule', () => {
  it.each([
    'Of the superuser.',
    '@throws {Problem} 404.',
    'What a caller may send.',
    'Whether it is held.',
    'How long a call waits.',
    'When it was read.',
    'Where `the points` of a month are.',
    'As PostgreSQL prints it.',
    'By the first block; null where there is none.',
    'Answers that are kept for an hour.',
    'The names of a foreign protocol.',
    'Its text is no JSON.',
    'The next run goes on with it.',
  ])('refuses %j', (comment) => {
    expect(brokenRule(comment)).toBeDefined()
  })

  it.each([
    'When the month is live, writers store its points.',
    'The time at which it was read.',
    'In hexadecimal.',
    'A foreign key.',
    'Reads `kept` entries.',
    'Returns 0 when there is no run.',
    'Later reads are no older than the lock.',
  ])('allows %j', (comment) => {
    expect(brokenRule(comment)).toBeUndefined()
  })
})

it('finds blocks, consecutive lines and ends of lines, and neither addresses nor directives', () => {
  const source = [
    '// One comment',
    '// of two lines.',
    "const url = 'http://localhost' // An end.",
    '/** A block. */',
    'const a = 1',
    '/**',
    ' * Two',
    ' * lines.',
    ' */',
    '// oxlint-disable-next-line no-console',
  ].join('\n')
  expect(commentsOf(source)).toEqual([
    { line: 1, text: 'One comment of two lines.' },
    { line: 3, text: 'An end.' },
    { line: 4, text: 'A block.' },
    { line: 6, text: 'Two lines.' },
  ])
})

it('is followed by every comment of the sources', () => {
  expect(comments.length).toBeGreaterThan(5_000)
  const broken = comments.flatMap(({ where, text }) => {
    const rule = brokenRule(text)
    return rule === undefined ? [] : [`${where}: ${rule}: ${text}`]
  })
  expect(broken).toEqual([])
})
