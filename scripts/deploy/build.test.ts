import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { buildFunctions } from './build.ts'
import { zip } from './zip.ts'

const root = join(import.meta.dirname, '../..')
const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

describe('buildFunctions', () => {
  it('writes a folder per function, and the manifest of them all', async () => {
    const checkout = await checkoutWith(smallModule)
    const manifest = await build(checkout)
    expect(await readdir(join(checkout, 'dist', 'partitions'))).toEqual([
      'index.js',
      'package-lock.json',
      'package.json',
    ])
    expect(JSON.parse(await readFile(join(checkout, 'dist', 'manifest.json'), 'utf8'))).toEqual(manifest)
    expect(manifest['partitions']?.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(manifest['partitions']?.bytes).toBe(await bytesIn(join(checkout, 'dist', 'partitions')))
  })

  it('writes a bill of materials of each bundle and of the project, the same each time', async () => {
    const checkout = await checkoutWith({
      'deployments/partitions.ts': `import { z } from 'zod'\nimport { http } from '@google-cloud/functions-framework'\nhttp('a', () => z.string())`,
    })
    await build(checkout)
    const read = async (name: string) => await readFile(join(checkout, 'dist', `${name}.cdx.json`), 'utf8')
    const [bundle, project] = [await read('partitions'), await read('penstock')]
    const parts = (JSON.parse(bundle) as { components: { purl: string; properties: { value: string }[] }[] }).components
    const bundled = parts.filter(({ properties }) => properties[0]?.value === 'bundled').map(({ purl }) => purl)
    expect(bundled).toEqual([expect.stringMatching(/^pkg:npm\/zod@\d/)])
    expect(parts.map(({ purl }) => purl)).toContainEqual(expect.stringMatching(/^pkg:npm\/express@\d/))
    await build(checkout)
    expect([await read('partitions'), await read('penstock')]).toEqual([bundle, project])
  })

  it('bundles a module for each deployment of a slice', async () => {
    const checkout = await checkoutWith({
      'deployments/metrics-ingest.ts': 'console.log(1)',
      'deployments/metrics-ingest-pubsub.ts': 'console.log(1)',
    })
    expect(Object.keys(await build(checkout, ['metrics-ingest', 'metrics-ingest-pubsub']))).toEqual([
      'metrics-ingest',
      'metrics-ingest-pubsub',
    ])
  })

  it('gives the same bytes in another checkout, and in the same one again', async () => {
    const [one, two] = [await checkoutWith(smallModule), await checkoutWith(smallModule)]
    const manifest = await build(one)
    expect(await build(two)).toEqual(manifest)
    expect(await build(one)).toEqual(manifest)
    expect(await code(two)).toBe(await code(one))
    const archive = async (checkout: string) => await readFile(join(checkout, 'dist', 'partitions.zip'))
    expect((await archive(two)).equals(await archive(one))).toBe(true)
  })

  it('packs what is in the folder, and nothing else, for the upload', async () => {
    const checkout = await checkoutWith(smallModule)
    await build(checkout)
    const archive = await readFile(join(checkout, 'dist', 'partitions.zip'))
    const contents = await Promise.all(
      ['index.js', 'package-lock.json', 'package.json'].map(
        async (name) => [name, await readFile(join(checkout, 'dist', 'partitions', name))] as const,
      ),
    )
    expect(archive.equals(zip(Object.fromEntries(contents)))).toBe(true)
  })

  it('gives another name to other code, and to the same code beside another package', async () => {
    const checkout = await checkoutWith(smallModule)
    const before = await build(checkout)
    await writeFile(join(checkout, 'deployments/rules.ts'), 'export const answer = 43\n')
    const changed = await build(checkout)
    expect(changed['partitions']?.sha256).not.toBe(before['partitions']?.sha256)

    const lockFile = join(checkout, 'package-lock.json')
    const lock = await readFile(lockFile, 'utf8')
    await writeFile(lockFile, lock.replace(/(node_modules\/express": \{\s+"version": ")[^"]+/, '$199.0.0'))
    expect((await build(checkout))['partitions']?.sha256).not.toBe(changed['partitions']?.sha256)
  })

  it('bundles everything but the framework', async () => {
    const checkout = await checkoutWith(smallModule)
    await build(checkout)
    expect(imported(await code(checkout))).toEqual(['@google-cloud/functions-framework', 'node:module'])
  })

  it('leaves the connector outside, and among the packages of those alone that may come to need it', async () => {
    const checkout = await checkoutWith({
      ...smallModule,
      'deployments/metrics-query.ts': `export const connect = () => import('@google-cloud/cloud-sql-connector')`,
    })
    await build(checkout, ['partitions', 'metrics-query'])
    expect(await dependencies(checkout, 'partitions')).toEqual(['@google-cloud/functions-framework'])
    expect(await dependencies(checkout, 'metrics-query')).toEqual(['@google-cloud/cloud-sql-connector'])
    expect(await code(checkout, 'metrics-query')).toContain('import("@google-cloud/cloud-sql-connector")')
  })

  it('writes a folder that npm installs as it stands', async () => {
    const checkout = await checkoutWith(withConnector)
    await build(checkout)
    // A dry run without network or cache: npm compares both files and asks for what the lock lacks.
    const args = ['ci', '--omit=dev', '--dry-run', '--offline', '--cache', join(checkout, 'empty')]
    const { stdout } = await promisify(execFile)('npm', args, {
      cwd: join(checkout, 'dist', 'partitions'),
      timeout: 30_000,
    })
    expect(stdout).toMatch(/added \d{2,3} packages/)
  })

  it('runs CommonJS packages that need Node’s own modules', async () => {
    const checkout = await checkoutWith({
      'deployments/partitions.ts': `import { Client } from 'pg'\nconsole.log(new Client().port)`,
    })
    await build(checkout)
    const { stdout } = await promisify(execFile)(process.execPath, [join(checkout, 'dist', 'partitions', 'index.js')], {
      env: {},
      timeout: 10_000,
    })
    expect(stdout).toBe('5432\n')
  })

  it('takes away what an earlier build left', async () => {
    const checkout = await checkoutWith({ ...smallModule, 'dist/retired/index.js': 'old' })
    await build(checkout)
    expect(await readdir(join(checkout, 'dist'))).toEqual([
      'manifest.json',
      'partitions',
      'partitions.cdx.json',
      'partitions.zip',
      'penstock.cdx.json',
    ])
  })

  it('names every function without a module, and leaves the earlier build alone', async () => {
    const checkout = await checkoutWith({ 'dist/partitions/index.js': 'old' })
    const refused = build(checkout, ['metrics-ingest-pubsub', 'partitions'])
    await expect(refused).rejects.toThrow(
      'deployments of connection-budget.json without a module (npm run deployments):\n' +
        '  metrics-ingest-pubsub: deployments/metrics-ingest-pubsub.ts\n' +
        '  partitions: deployments/partitions.ts',
    )
    expect(await code(checkout)).toBe('old')
  })

  it('says where code cannot be bundled', async () => {
    const checkout = await checkoutWith({ 'deployments/partitions.ts': `\nimport './missing.ts'` })
    await expect(build(checkout)).rejects.toThrow(
      'deployments/partitions.ts cannot be bundled:\n  deployments/partitions.ts:2: Could not resolve',
    )
  })

  it('takes a warning of the bundler for a failure', async () => {
    const checkout = await checkoutWith({ 'deployments/partitions.ts': 'console.log({ a: 1, a: 2 })' })
    await expect(build(checkout)).rejects.toThrow('deployments/partitions.ts is bundled with warnings:\n')
  })

  it('takes a bundle of the largest size, and not one byte more', async () => {
    const checkout = await checkoutWith(smallModule)
    await build(checkout)
    const size = Buffer.byteLength(await code(checkout))
    await expect(build(checkout, ['partitions'], size)).resolves.toHaveProperty('partitions')
    await expect(build(checkout, ['partitions'], size - 1)).rejects.toThrow(
      `the bundle of partitions has ${size} bytes, more than ${size - 1}`,
    )
  })
})

const smallModule = {
  'deployments/partitions.ts': [
    `import { http } from '@google-cloud/functions-framework'`,
    `import { answer } from './rules.ts'`,
    `http('partitions', (_request, response) => response.send(answer))`,
  ].join('\n'),
  'deployments/rules.ts': 'export const answer = 42\n',
}

const withConnector = {
  ...smallModule,
  'deployments/rules.ts': `export const answer = () => import('@google-cloud/cloud-sql-connector')\n`,
}

/** A project with these files, our lock file and our packages. */
async function checkoutWith(files: Readonly<Record<string, string>>): Promise<string> {
  const checkout = await mkdtemp(join(tmpdir(), 'penstock-build-'))
  folders.push(checkout)
  await copyFile(join(root, 'package-lock.json'), join(checkout, 'package-lock.json'))
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(checkout, name)), { recursive: true })
    await writeFile(join(checkout, name), content)
  }
  return checkout
}

const build = async (checkout: string, functions: readonly string[] = ['partitions'], maxBytes?: number) =>
  await buildFunctions({
    root: checkout,
    outDir: join(checkout, 'dist'),
    names: functions,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  })

const code = async (checkout: string, name = 'partitions'): Promise<string> =>
  await readFile(join(checkout, 'dist', name, 'index.js'), 'utf8')

async function dependencies(checkout: string, name: string): Promise<readonly string[]> {
  const text = await readFile(join(checkout, 'dist', name, 'package.json'), 'utf8')
  return Object.keys((JSON.parse(text) as { readonly dependencies: Readonly<Record<string, string>> }).dependencies)
}

const imported = (source: string): readonly string[] =>
  [...source.matchAll(/^import .* from ["']([^"']+)["']/gm)].map((match) => match[1] ?? '').toSorted()

async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder)
  const sizes = await Promise.all(files.map(async (file) => (await readFile(join(folder, file))).length))
  return sizes.reduce((sum, size) => sum + size, 0)
}
