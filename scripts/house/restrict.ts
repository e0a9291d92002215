// An override of the linter's settings, and the rule that most overrides consist of.

export interface Override {
  readonly files: readonly string[]
  readonly plugins?: readonly string[]
  readonly rules: Readonly<Record<string, unknown>>
}

/** A group of forbidden patterns, and the message that the linter then reports. */
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

/** The allowed imports of a slice's rules; `ofSlice` lists the files of their own slice that they may import. */
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
  '!re2js',
  '!@google-cloud/monitoring',
  '!@google-cloud/sql',
  '!nodemailer',
]
