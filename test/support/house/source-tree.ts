// Reads the files of this checkout, and their imports and exports, from their text.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', '.git', '.penstock', '.terraform'])

/** Returns every file below `root`, as a path relative to it. */
export function readTree(root: string, folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : readTree(root, path)
    return [path]
  })
}

/** Returns our files that each file imports, including types and dynamic imports. */
export function importsOf(root: string, tree: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const known = new Set(tree)
  const files = tree.filter((file) => /^(clients|functions|scripts|shared|test)\/.*\.tsx?$/.test(file))
  return new Map(files.map((file) => [file, targetsOf(file, readFileSync(join(root, file), 'utf8'), known)]))
}

function targetsOf(file: string, text: string, known: ReadonlySet<string>): readonly string[] {
  const specifiers = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^'\n]+)'/gm)
  const targets = [...specifiers].map(([, name = '']) => {
    const ofPackage = /^@penstock\/(shared\/.*)$/.exec(name)?.[1]
    return ofPackage ?? (name.startsWith('.') ? normalize(join(dirname(file), name)) : '')
  })
  return [...new Set(targets)].filter((target) => known.has(target))
}

/** Returns the names that a file exports by declaring them. */
export function exportsOf(text: string): readonly string[] {
  const declared = text.matchAll(/^export (?:async )?(?:function\*?|const|let|type|interface|class) (\w+)/gm)
  return [...new Set([...declared].map(([, name = '']) => name))]
}

/** Returns groups of files that import each other, by Tarjan's algorithm. */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const seen = new Map<string, { index: number; low: number; open: boolean }>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (file: string): { index: number; low: number; open: boolean } => {
    const own = { index: seen.size, low: seen.size, open: true }
    seen.set(file, own)
    stack.push(file)
    for (const other of imports.get(file) ?? []) {
      const met = seen.get(other)
      if (!met) own.low = Math.min(own.low, visit(other).low)
      else if (met.open) own.low = Math.min(own.low, met.index)
    }
    if (own.low === own.index) {
      const circle = stack.splice(stack.indexOf(file))
      for (const member of circle) (seen.get(member) ?? own).open = false
      if (circle.length > 1) circles.push(circle.toSorted())
    }
    return own
  }
  for (const file of imports.keys()) if (!seen.has(file)) visit(file)
  return circles
}
