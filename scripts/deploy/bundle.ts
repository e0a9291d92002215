// Bundles one function's code and all its imports into one ESM file.
import { readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { build, type Message, type Plugin } from 'esbuild'

/**
 * Packages outside the bundle:
 * - The framework: the platform looks for it in package.json, and both sides must share one instance.
 * - The connector: it adds 5 MB, needs `__dirname`, and costs each start 0.15 s when it is bundled, even unused.
 * - The clients of Cloud KMS and Cloud Monitoring: 4.0 and 4.6 MB, which are loaded with the first call.
 * - The client of the Cloud SQL Admin API: 12 MB, which is loaded with the first call of `backup`.
 * - The mailer, which is loaded with the first e-mail.
 * - The storage client: it is loaded with the first call, which a bundle of one file cannot do.
 * - The exporter of traces: it is loaded with the first sampled request, and only where there is a receiver.
 * - RE2 for PromQL: it adds 0.25 MB and is loaded with the first expression.
 * - Redis's client: it adds 1.6 MB and is loaded only when there is a Redis.
 */
const EXTERNAL: readonly string[] = [
  '@google-cloud/cloud-sql-connector',
  '@google-cloud/functions-framework',
  '@google-cloud/kms',
  '@google-cloud/monitoring',
  '@google-cloud/sql',
  '@google-cloud/storage',
  '@opentelemetry/exporter-trace-otlp-proto',
  'nodemailer',
  're2js',
  'redis',
]

/** A package that is never installed: `pg` asks for it when `pg.native` is read, and works without it. */
const ABSENT: readonly string[] = ['pg-native']

/** The ES modules of a package whose main file is CommonJS, which is bundled whole: 40 KB more. */
const ALIASES = { '@uwdata/flechette': '@uwdata/flechette/src/index.js' }

/** CommonJS packages (pg, pino) call `require` for Node's own modules, which an ESM file lacks unless it makes one. */
const BANNER = `import { createRequire as createRequireOfBundle } from 'node:module'
const require = createRequireOfBundle(import.meta.url)
`

/**
 * Documents are bundled as text without spaces, which is parsed at the start. As an object in source form, with a line for each value, the
 * OpenAPI document of the console takes twice as many bytes.
 */
const DOCUMENTS: Plugin = {
  name: 'documents',
  setup: (asked) => {
    asked.onLoad({ filter: /\.json$/ }, async ({ path }) => {
      const text = JSON.stringify(JSON.parse(await readFile(path, 'utf8')))
      return { contents: `export default /* @__PURE__ */ JSON.parse(${JSON.stringify(text)})` }
    })
  },
}

export interface Bundle {
  readonly code: Uint8Array
  /** Packages that the code still imports, sorted. */
  readonly imports: readonly string[]
  /** Packages whose code is in the bundle, by their paths under the project's root, sorted. */
  readonly packages: readonly string[]
}

/**
 * Bundles a module of the project. The result is readable and has file names in comments, so that a stack trace can be followed without a
 * source map. The same sources give the same bytes, wherever the checkout is.
 * @throws {Error} with esbuild's report. Warnings count as errors, because nobody would read them.
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
    alias: ALIASES,
    plugins: [DOCUMENTS],
    external: [...EXTERNAL, ...ABSENT],
    banner: { js: BANNER },
    metafile: true,
    write: false,
    logLevel: 'silent',
  }).catch((error: unknown) => {
    throw failureOf(entry, error)
  })
  if (result.warnings.length > 0) throw failureOf(entry, result)

  const output = result.outputFiles[0]
  if (!output) throw new Error(`${entry}: esbuild wrote nothing`)
  const outputs = Object.values(result.metafile.outputs)
  const imports = outputs.flatMap((file) => file.imports.map(({ path }) => path))
  const inputs = outputs.flatMap((file) => Object.entries(file.inputs))
  const sources = inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))
  return { code: output.contents, imports: packagesIn(imports), packages: placesIn(sources) }
}

/** Turns esbuild's failure, or a result with warnings, into an error that shows its report. */
export function failureOf(entry: string, failure: unknown): Error {
  const { errors = [], warnings = [] } = failure as {
    readonly errors?: readonly Message[]
    readonly warnings?: readonly Message[]
  }
  const what = errors.length > 0 || warnings.length === 0 ? 'cannot be bundled' : 'is bundled with warnings'
  return new Error(`${entry} ${what}:\n${describe([...errors, ...warnings])}`, { cause: failure })
}

const describe = (messages: readonly Message[]): string =>
  messages.map(({ text, location }) => `  ${location ? `${location.file}:${location.line}: ` : ''}${text}`).join('\n')

function packagesIn(imports: readonly string[]): readonly string[] {
  const packages = imports.filter((name) => !isBuiltin(name) && !ABSENT.includes(name))
  return [...new Set(packages)].toSorted()
}

/**
 * Finds the packages of source files: `node_modules/zod/v4/core/api.js` belongs to `node_modules/zod`, even through a link. The project's
 * own files belong to no package.
 */
export function placesIn(sources: readonly string[]): readonly string[] {
  const inPackages = sources.map((path) => path.slice(Math.max(0, path.indexOf('node_modules/'))))
  const places = inPackages.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [])
  return [...new Set(places)].toSorted()
}
