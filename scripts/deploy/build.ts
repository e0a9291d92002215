// Builds the deployed files: a folder per function with its bundle, and the exact packages that are not part of it.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundle } from './bundle.ts'
import { buildConsole } from './console/build-page.ts'
import { deployedPackages, type LockFile } from './deployed-packages.ts'
import { allDeployments, moduleOf, type ServedDeployment } from './deployments.ts'
import { placesOf, sbom } from './sbom.ts'
import { zip } from './zip.ts'

/** A cold start reads the whole bundle. zod (half of it its languages) and kysely take 1.2 MB. */
const MAX_BYTES = 2.25 * 1024 * 1024

export interface BuildOptions {
  /** The project's root folder. */
  readonly root: string
  /** Folder for the result. It is emptied first. */
  readonly outDir: string
  /** Default: every deployment of any tier. */
  readonly names?: readonly string[]
  /** Maximum bytes of one function's bundle. */
  readonly maxBytes?: number
}

export interface BuiltFunction {
  /** SHA-256 over everything in the folder, names included. It is part of the deployed name, so only changed functions are deployed. */
  readonly sha256: string
  /** Total bytes of the folder. */
  readonly bytes: number
}

/** The content of dist/manifest.json, by function. */
export type Manifest = Readonly<Record<string, BuiltFunction>>

/**
 * Writes `<outDir>/<function>/{index.js,package.json,package-lock.json}`, the same as `<outDir>/<function>.zip`, which is uploaded, and
 * `<outDir>/manifest.json`. The function that serves the console also has the built page, `app.json`. Bills of materials (CycloneDX) are next to them and are not uploaded: `<function>.cdx.json` for each bundle
 * and the packages that are installed with it, and `penstock.cdx.json` for the whole project. The same sources and lock file give the
 * same bytes. Needs no network. Safe to repeat.
 * @throws {Error} naming every function without a module, or the first one that cannot be bundled or is too large.
 */
export async function buildFunctions(options: BuildOptions): Promise<Manifest> {
  const { root, outDir, names = allDeployments().map(({ name }) => name), maxBytes = MAX_BYTES } = options
  requireModules(root, names)
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as LockFile
  const version = lock.packages['']?.version ?? '0.0.0'
  await rm(outDir, { recursive: true, force: true })

  const manifest: Record<string, BuiltFunction> = {}
  const withConsole = new Set(allDeployments().flatMap(({ name, serves }) => (servesConsole(serves) ? [name] : [])))
  for (const name of names) {
    const { code, imports, packages: inCode } = await bundle(root, moduleOf('', name))
    const page = withConsole.has(name) ? await buildConsole(root) : undefined
    const bundled = [...new Set([...inCode, ...(page?.packages ?? [])])].toSorted()
    if (code.length > maxBytes) throw new Error(`the bundle of ${name} has ${code.length} bytes, more than ${maxBytes}`)
    const packages = deployedPackages(name, imports, lock)
    const files = {
      'index.js': code,
      'package.json': Buffer.from(json(packages.manifest)),
      'package-lock.json': Buffer.from(json(packages.lock)),
      ...(page ? { 'app.json': page.content } : {}),
    }
    await writeFiles(join(outDir, name), files)
    await writeFile(join(outDir, `${name}.zip`), zip(files))
    const installed = placesOf(packages.lock)
    await writeFile(
      join(outDir, `${name}.cdx.json`),
      sbom({ name, version, lock, bundled, installed, isDeployed: true }),
    )
    manifest[name] = fingerprint(files)
  }
  await writeFile(join(outDir, 'manifest.json'), json(manifest))
  const whole = { name: 'penstock', version, lock, bundled: [], installed: placesOf(lock), isDeployed: false }
  await writeFile(join(outDir, 'penstock.cdx.json'), sbom(whole))
  return manifest
}

const servesConsole = (serves: ServedDeployment['serves']): boolean => serves.some(({ slice }) => slice === 'console')

function requireModules(root: string, names: readonly string[]): void {
  const missing = names.filter((name) => !existsSync(moduleOf(root, name)))
  if (missing.length === 0) return
  const lines = missing.map((name) => `  ${name}: ${moduleOf('', name)}`)
  throw new Error(`deployments of connection-budget.json without a module (npm run deployments):\n${lines.join('\n')}`)
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

async function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
}

function fingerprint(files: Readonly<Record<string, Uint8Array>>): BuiltFunction {
  const hash = createHash('sha256')
  let bytes = 0
  for (const [name, content] of Object.entries(files)) {
    hash.update(`${name}\0${content.length}\0`).update(content)
    bytes += content.length
  }
  return { sha256: hash.digest('hex'), bytes }
}
