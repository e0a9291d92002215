// An override of the linter's settings, and the rule that most of them consist of.

export interface Override {
  readonly files: readonly string[]
  readonly plugins?: readonly string[]
  readonly rules: Readonly<Record<string, unknown>>
}

/** What a group of patterns forbids, and what the linter reports then. */
export interface Forbidden {
  readonly group: readonly string[]
  readonly message: string
}

export const restrictImports = (...patterns: readonly Forbidden[]): Override['rules'] => ({
  'eslint/no-restricted-imports': ['error', { patterns }],
})

export const randomIds = {
  name: 'node:crypto',
  importNames: ['randomBytes', 'randomInt', 'randomUUID', 'webcrypto'],
  message: 'Random ids are a dependency.',
}

export const kyselyTypes = { name: 'kysely', allowTypeImports: true, message: 'SQL belongs in queries.ts.' }

/** The imports of the rules of a slice; `ofSlice` says which files of their own slice they may import. */
export const ruleGroup = (ofSlice: readonly string[]): readonly string[] => [
  '**',
  '!./**',
  ...ofSlice,
  '!@penstock/shared/**',
  '!kysely',
  '!lru-cache',
  '!node:buffer',
  '!node:crypto',
  '!node:stream',
  '!node:util',
  '!node:zlib',
]
