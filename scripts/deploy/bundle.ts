// One function's code and everything it imports in one ESM file.
import { isBuiltin } from 'node:module'
import { build, type Message } from 'esbuild'

/**
 * What stays outside. The platform looks for the framework in package.json, and both sides must have the same instance of it;
 * the connector adds 5 MB and needs `__dirname`, and even unused it costs a start 0.15 s when it is bundled; the storage client is
 * loaded with the first call to it, which it cannot be from inside a bundle of one file; Redis's client adds 1.6 MB and is loaded only
 * where there is a Redis.
 */
const EXTERNAL: readonly string[] = [
  '@google-cloud/cloud-sql-connector',
  '@google-cloud/functions-framework',
  '@google-cloud/storage',
  'redis',
]

/** Never installed: `pg` asks for it when somebody reads `pg.native`, and takes no for an answer. */
const ABSENT: readonly string[] = ['pg-native']

/** CommonJS packages (pg, pino) call `require` for Node's own modules; in an ESM file there is none unless it is made. */
const BANNER = `import { createRequire as createRequireOfBundle } from 'node:module'
const require = createRequireOfBundle(import.meta.url)
`

export interface Bundle {
  readonly code: Uint8Array
  /** Packages that the code still imports, sorted. */
  readonly imports: readonly string[]
  /** Packages whose code is in the bundle, by their places under the project's root, sorted. */
  readonly packages: readonly string[]
}

/**
 * Bundles a module of the project, readable and with the names of its files in comments, so that a stack trace can be followed
 * without a source map. The same sources give the same bytes, wherever the checkout is.
 * @throws {Error} with what esbuild reports, its warnings too: nobody would read them.
 */
export async function bundle(root: string, entry: string): Promise<Bundle> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: 'index.js',
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    charset: 'utf8',
    external: [...EXTERNAL, ...ABSENT],
    banner: { js: BANNER },
    metafile: true,
    write: false,
    logLevel: 'silent',
  }).catch((error: unknown) => {
    const { errors = [] } = error as { readonly errors?: readonly Message[] }
    throw new Error(`${entry} cannot be bundled:\n${describe(errors)}`, { cause: error })
  })
  if (result.warnings.length > 0) throw new Error(`${entry} is bundled with warnings:\n${describe(result.warnings)}`)

  const output = result.outputFiles[0]
  if (!output) throw new Error(`${entry}: esbuild wrote nothing`)
  const outputs = Object.values(result.metafile.outputs)
  const imports = outputs.flatMap((file) => file.imports.map(({ path }) => path))
  const inputs = outputs.flatMap((file) => Object.entries(file.inputs))
  const sources = inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))
  return { code: output.contents, imports: packagesIn(imports), packages: placesIn(sources) }
}

const describe = (messages: readonly Message[]): string =>
  messages.map(({ text, location }) => `  ${location ? `${location.file}:${location.line}: ` : ''}${text}`).join('\n')

function packagesIn(imports: readonly string[]): readonly string[] {
  const packages = imports.filter((name) => !isBuiltin(name) && !ABSENT.includes(name))
  return [...new Set(packages)].toSorted()
}

/** `node_modules/zod/v4/core/api.js` is of `node_modules/zod`, wherever a link leads to; a file of ours is of no package. */
function placesIn(sources: readonly string[]): readonly string[] {
  const inPackages = sources.map((path) => path.slice(Math.max(0, path.indexOf('node_modules/'))))
  const places = inPackages.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [])
  return [...new Set(places)].toSorted()
}
