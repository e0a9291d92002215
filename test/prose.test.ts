// Texts read like plain English: standard terms, no riddles, and no link, file or room that is not there.
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageFloors, roomsOf, scriptFloors, sharedFloors, sliceFloors } from '../scripts/house/rooms.ts'
import { readableTexts, textsOf } from '../scripts/house/texts.ts'
import { betterTerm } from './support/house/glossary.ts'
import { readTree } from './support/house/source-tree.ts'

const root = join(import.meta.dirname, '..')
const tree = readTree(root)
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** Decisions are records, which are not edited. */
const RECORD = /^docs\/decisions\/0/
const pages = tree.filter((file) => file.endsWith('.md') && !RECORD.test(file))

/** Each text that a user, an operator or a developer can meet, after its file. */
const messages = tree.flatMap((file) =>
  /\.tsx?$/.test(file) ? readableTexts(file, read(file)).map((text) => `${file}: ${text}`) : [],
)

const RIDDLES: readonly RegExp[] = [
  /\blet (?:it|the range) be\b/i,
  /\bwhat\?/i,
  /\band stays so\b/i,
  /\btaken for dead\b/i,
  /\bset up rightly\b/i,
  /\bnot done in time\b/i,
]
const broken = (text: string): boolean => betterTerm(text) !== undefined || RIDDLES.some((riddle) => riddle.test(text))

/** A message or a page's line without what is quoted as code: identifiers, names of files, targets of links. */
const withoutCode = (text: string): string =>
  text
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replaceAll(/`[^`]*`|"[^"]*"/g, '…')
    .replaceAll(/\]\([^)]*\)/g, ']')

const prose = (page: string): readonly string[] => page.replaceAll(/^```.*?^```/gms, '').split('\n')

describe('the rule', () => {
  it.each([
    'The body is no UTF-8.',
    'This lease is over: let it be.',
    'backfill: what?',
    'What the exporter is told',
    'The points are away.',
    'Foreign protocols',
    'the answer is kept for an hour',
  ])('refuses %j', (text) => {
    expect(broken(text)).toBe(true)
  })

  it.each([
    'The body is not valid UTF-8.',
    'there is no tenant acme',
    'It is no longer valid.',
    'a foreign key',
    'Stop working on it.',
  ])('allows %j', (text) => {
    expect(broken(text)).toBe(false)
  })
})

it('finds the texts of a source, and neither comments, imports nor SQL', () => {
  const source = `import { a } from 'not a text'
    // isn't 'this one'
    throw new Problem(kind, 'one text', \`two \${texts} here\`, 'token', sql\`select away from kept\`) // and 'not this'`
  expect(textsOf(source)).toEqual(['one text', 'two ${texts} here'])
})

it('says to users what is wrong in plain words', () => {
  expect(messages.length).toBeGreaterThan(1_000)
  expect(messages.filter((message) => broken(withoutCode(message.slice(message.indexOf(': ')))))).toEqual([])
})

it('has pages in plain words', () => {
  const found = pages.flatMap((file) =>
    prose(read(file))
      .filter((line) => broken(withoutCode(line)))
      .map((line) => `${file}: ${line}`),
  )
  expect(found).toEqual([])
})

it('has no link to a page, a picture or a heading that is not there', () => {
  expect(tree.filter((file) => file.endsWith('.md')).flatMap(brokenLinks)).toEqual([])
})

function brokenLinks(file: string): readonly string[] {
  const links = [...read(file).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, target = '']) => target)
  return links
    .filter((link) => {
      const [path = '', heading] = link.split('#')
      const target = path === '' ? file : normalize(join(dirname(file), path))
      if (!existsSync(join(root, target))) return true
      return heading !== undefined && !headingsOf(target).includes(heading)
    })
    .map((link) => `${file}: ${link}`)
}

/** The anchors of a page's headings, as GitHub makes them; of a folder those of its README. */
function headingsOf(target: string): readonly string[] {
  const page = target.endsWith('.md') ? target : `${target}/README.md`
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

it('names no source file that is not there, in the README of a slice', () => {
  const readmes = pages.filter((file) => /^functions\/[^/]+\/README\.md$/.test(file))
  expect(readmes.length).toBeGreaterThan(6)
  expect(readmes.flatMap(missingNames)).toEqual([])
})

/** Names of sources between backticks that are neither in the slice nor in `shared/`. */
function missingNames(readme: string): readonly string[] {
  const near = tree.filter((file) => file.startsWith(`${dirname(readme)}/`) || file.startsWith('shared/'))
  const names = new Set(near.map((file) => basename(file)))
  return [...read(readme).matchAll(/`([\w.-]+\.ts)`/g)]
    .filter(([, name = '']) => !names.has(name))
    .map(([, name]) => `${readme}: ${name}`)
}

it('describes every room of the table on the page of the architecture', () => {
  const page = read('docs/architecture.md')
  const picture = read('docs/imports.svg')
  const drawn = [...roomsOf(sharedFloors), ...roomsOf(scriptFloors)]
  const all = [
    ...drawn,
    ...Object.keys(sliceFloors),
    ...Object.values(sliceFloors).flatMap(roomsOf),
    ...roomsOf(pageFloors),
  ]
  expect(all.filter((room) => !page.includes(`\`${room}\``))).toEqual([])
  expect(drawn.filter((room) => !picture.includes(`>${room}</text>`))).toEqual([])
})
