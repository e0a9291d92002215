// Rules that force scripts to print through the output layer, which spells control characters out.
import type { Forbidden, Override } from './restrict.ts'

const message = 'scripts/cli/output.ts prints, with control characters spelled out.'

/** Rules of every file in scripts/: none writes to the terminal directly. */
export const terminalRules: Override['rules'] = {
  'eslint/no-restricted-properties': [
    'error',
    { object: 'process', property: 'stdout', message },
    { object: 'process', property: 'stderr', message },
  ],
  'eslint/no-restricted-globals': ['error', { globals: [{ name: 'console', message }], checkGlobalObject: true }],
}

/** Forbidden imports of every file in scripts/. */
export const terminalImports = (...patterns: readonly Forbidden[]): Override['rules'] => ({
  'eslint/no-restricted-imports': [
    'error',
    {
      paths: [
        { name: 'node:console', message },
        { name: 'node:process', message },
      ],
      patterns,
    },
  ],
})

/** The one file that writes to a terminal. */
export const output: Override = {
  files: ['scripts/cli/output.ts'],
  rules: { 'eslint/no-restricted-properties': 'off' },
}
