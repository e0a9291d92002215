// Overrides of tests: they may import their subject, the test database, and modules that let them verify its effects.
import { type Override, restrictImports } from './restrict.ts'

const all: Override = {
  files: ['**/*.test.ts', 'test/**/*.ts'],
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise', 'vitest'],
  rules: {
    'node/no-process-env': 'off',
    'eslint/no-console': 'off',
    'eslint/no-restricted-globals': 'off',
    'eslint/no-restricted-properties': 'off',
    // Tests take helper functions out of an object; none of these functions uses `this`.
    'typescript/unbound-method': 'off',
    'eslint/max-lines': 'off',
    'eslint/max-lines-per-function': 'off',
    ...restrictImports({ group: ['../**/shared/**'], message: 'Our package is imported as @penstock/shared.' }),
    'vitest/no-conditional-tests': 'error',
    'vitest/no-disabled-tests': 'error',
    'vitest/no-focused-tests': 'error',
    'vitest/no-standalone-expect': 'error',
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
    'vitest/valid-expect-in-promise': 'error',
  },
}

const alone = (files: string, allowed: readonly string[]): Override => ({
  files: [files],
  rules: restrictImports({
    group: allowed,
    message: 'A slice is tested alone; journeys across slices are in test/.',
  }),
})

export const tests: readonly Override[] = [
  all,
  alone('functions/*/*.test.ts', ['../**', '!../../test/**']),
  alone('functions/*/*/*.test.ts', ['../../**', '!../../../test/**']),
  {
    files: ['shared/**/*.test.ts'],
    rules: restrictImports({
      group: ['**/functions/**', '@penstock/**'],
      message: 'shared/ imports npm and itself, by relative paths.',
    }),
  },
  {
    files: ['scripts/**/*.test.ts'],
    rules: restrictImports(
      {
        group: ['**/functions/**', '!**/functions/*/contract.ts'],
        message: 'Scripts know a slice by its contract.ts alone, for its list of routes.',
      },
      { group: ['../**/shared/**'], message: 'Our package is imported as @penstock/shared.' },
    ),
  },
  // vitest calls the default exports of these two files.
  { files: ['vitest.config.ts', 'test/global-setup.ts'], rules: { 'import/no-default-export': 'off' } },
]
