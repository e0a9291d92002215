// The house keeps its shape: floors, no circles, one meaning for a name, few files in a folder, and no mention of what is not there.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writtenOverrides } from '../scripts/house/lint-settings.ts'
import { overrides } from '../scripts/house/overrides.ts'
import {
  type Floors,
  pageFloors,
  roomsBelow,
  roomsOf,
  scriptFloors,
  sharedFloors,
  sliceFloors,
} from '../scripts/house/rooms.ts'
import { circlesOf, exportsOf, importsOf, readTree } from './support/house/source-tree.ts'

const root = join(import.meta.dirname, '..')
const tree = readTree(root)
const sources = tree.filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.test.ts'))
const imports = importsOf(root, tree)

it('has the overrides of the linter that the table of rooms makes: npm run lint:rooms', () => {
  expect(writtenOverrides(root)).toEqual(JSON.parse(JSON.stringify(overrides())))
})

it('has no circle of imports, types included', () => {
  expect(circlesOf(imports)).toEqual([])
})

describe.each<[string, Floors]>([
  ['shared', sharedFloors],
  ['scripts', scriptFloors],
  ['functions/console/app', pageFloors],
  ...Object.entries(sliceFloors).map(([slice, floors]): [string, Floors] => [`functions/${slice}`, floors]),
])('%s', (folder, floors) => {
  const roomOf = (file: string): string | undefined => {
    const [room, ...rest] = file.slice(folder.length + 1).split('/')
    return file.startsWith(`${folder}/`) && rest.length > 0 ? room : undefined
  }

  it('has the rooms of the table and no other', () => {
    const found = new Set(sources.map(roomOf).filter((room) => room !== undefined))
    expect([...found].toSorted()).toEqual([...roomsOf(floors)].toSorted())
  })

  it('has no import from a lower floor to a higher one, or to a neighbour', () => {
    const up = sources.flatMap((file) => {
      const room = roomOf(file)
      const below = room === undefined ? roomsOf(floors) : roomsBelow(floors, room)
      return (imports.get(file) ?? [])
        .filter(
          (other) => roomOf(other) !== undefined && roomOf(other) !== room && !below.includes(roomOf(other) ?? ''),
        )
        .map((other) => `${file} → ${other}`)
    })
    expect(up).toEqual([])
  })
})

it.each<[string, Floors]>([
  ['shared', sharedFloors],
  ['scripts', scriptFloors],
])('has the rooms of %s/ on the same floors in docs/architecture.md', (folder, floors) => {
  const [, section = ''] = read('docs/architecture.md').split(`### Rooms of \`${folder}/\``)
  const [table = ''] = section.split('###')
  const written = [...table.matchAll(/^\| (\d+) \| `([a-z]+)` \|/gm)].map(([, floor, room]) => `${floor} ${room}`)
  expect(written.toSorted()).toEqual(floors.flatMap((rooms, i) => rooms.map((room) => `${i + 1} ${room}`)).toSorted())
})

it('has no file of its own beside the rooms of shared/', () => {
  expect(sources.filter((file) => /^shared\/[^/]+$/.test(file))).toEqual([])
})

it('has at most 25 source files in a folder, except for the schema', () => {
  const count = new Map<string, number>()
  for (const file of sources) count.set(dirname(file), (count.get(dirname(file)) ?? 0) + 1)
  count.delete('shared/schema')
  expect([...count].filter(([, files]) => files > 25)).toEqual([])
})

it('has commands of at most 40 lines, which nothing imports', () => {
  const commands = sources.filter((file) => /^scripts\/[^/]+$/.test(file))
  expect(commands.filter((file) => read(file).split('\n').length > 41)).toEqual([])
  expect([...imports].filter(([, others]) => others.some((other) => commands.includes(other)))).toEqual([])
})

it('imports packages by their public entries', () => {
  const hidden = tree
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...read(file).matchAll(/from '((?!\.)[^']+\/(?:src|lib|internal)\/[^']*)'/g)].map(
        ([, path]) => `${file} → ${path}`,
      ),
    )
  expect(hidden).toEqual([])
})

it('gives an exported name one meaning in shared/, and in a slice', () => {
  const places = new Map<string, string[]>()
  for (const file of sources.filter((name) => /^(shared|functions)\//.test(name))) {
    const unit = file.startsWith('shared/') ? 'shared' : file.split('/').slice(0, 2).join('/')
    for (const name of exportsOf(read(file))) {
      const key = `${unit}: ${name}`
      places.set(key, [...(places.get(key) ?? []), file])
    }
  }
  expect([...places].filter(([, files]) => files.length > 1)).toEqual([])
})

it('names no file that is not there, in texts and comments', () => {
  const known = new Set([...tree, ...tree.flatMap(foldersOf)])
  const missing = tree
    .filter((file) => /\.(ts|md|tf|hcl|json)$/.test(file) && file !== 'package-lock.json' && !MADE_UP.has(file))
    .flatMap((file) =>
      mentionsIn(read(file))
        .filter((path) => !known.has(path))
        .map((path) => `${file}: ${path}`),
    )
  expect(missing).toEqual([])
})

it('finds every file that a module opens by a path relative to itself', () => {
  const missing = tree
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      relativePathsIn(read(file))
        .filter((path) => !existsSync(join(root, dirname(file), path)))
        .map((path) => `${file}: ${path}`),
    )
  expect(missing).toEqual([])
})

/** Tests that plant files of their own, with the paths of the plants, and states of an earlier release, with the paths of that release. */
const MADE_UP = new Set([
  'test/lint-rules.test.ts',
  'test/structure.test.ts',
  'test/terraform-before-large.json',
  'test/terraform-before-small.json',
  'scripts/deploy/build.test.ts',
])

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const foldersOf = (file: string): readonly string[] =>
  file === '.' || !file.includes('/') ? [] : [dirname(file), ...foldersOf(dirname(file))]

/** Returns paths from the root that end in one of our files. Links to the internet and paths with a placeholder are left out. */
function mentionsIn(text: string): readonly string[] {
  const paths = text.matchAll(
    /(?<![\w@/.-])((?:clients|functions|migrations|scripts|shared|terraform|test)\/[\w./-]*\.(?:ts|tf|json|md|sql))\b/g,
  )
  return [...paths].map(([, path = '']) => path).filter((path) => !path.includes('NNNN'))
}

/** The literal paths of `join(import.meta.dirname, …)` and `new URL(…, import.meta.url)`; what npm installs is left out. */
function relativePathsIn(text: string): readonly string[] {
  const joined = text.matchAll(/import\.meta\.dirname,\s*'([^'*]*)'/g)
  const urls = text.matchAll(/new URL\('([^'*]*)',\s*import\.meta\.url/g)
  return [...joined, ...urls].map(([, path = '']) => path).filter((path) => !path.includes('node_modules'))
}
