// Builds the console's page for browsers: one script and one file of styles, whose names have their hash, as one JSON file.
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { build } from 'esbuild'
import { failureOf, placesIn } from '../bundle.ts'

const SOURCES = 'functions/console/app'
/** Browsers that get the page: those of the last two years. */
const TARGET = ['es2023', 'chrome123', 'firefox125', 'safari17.5']

export interface BuiltConsole {
  /** The JSON file, in the form that the console reads (`BuiltApp`). */
  readonly content: Uint8Array
  /** Packages whose code is in it, by their paths under the project's root, sorted. */
  readonly packages: readonly string[]
}

/**
 * Bundles the page. The same sources give the same bytes. It needs no network.
 * @throws {Error} with esbuild's report. Warnings count as errors.
 */
export async function buildConsole(root: string): Promise<BuiltConsole> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [`${SOURCES}/main.tsx`, `${SOURCES}/style/style.css`],
    outdir: 'out',
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    splitting: false,
    platform: 'browser',
    format: 'esm',
    target: TARGET,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'silent',
  }).catch((error: unknown) => {
    throw failureOf(SOURCES, error)
  })
  if (result.warnings.length > 0) throw failureOf(SOURCES, result)
  const files = Object.fromEntries(result.outputFiles.map(({ path, text }) => [basename(path), text]))
  const named = (end: string): string => Object.keys(files).find((name) => name.endsWith(end)) ?? ''
  const inputs = Object.values(result.metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  return {
    content: Buffer.from(JSON.stringify({ script: named('.js'), style: named('.css'), files })),
    packages: placesIn(inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []))),
  }
}

/** Builds the page into a file for the local suite, and returns its path. */
export async function writeConsole(root: string, path: string): Promise<string> {
  const { content } = await buildConsole(root)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  return path
}
