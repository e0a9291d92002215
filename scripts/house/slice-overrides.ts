// Overrides of the files that every slice has.
import { kyselyTypes, type Override, randomIds, restrictImports, ruleGroup } from './restrict.ts'

/** The rules of handler.ts and of the files that it is split into. */
export const rules: Override = {
  files: ['functions/**/*.ts'],
  rules: {
    'eslint/no-console': 'error',
    'eslint/no-restricted-globals': [
      'error',
      {
        globals: [
          { name: 'process', message: 'The environment is passed in by the deployment.' },
          { name: 'Date', message: 'The clock is a dependency; @penstock/shared/base/time.ts knows the calendar.' },
          { name: 'performance', message: 'The clock is a dependency.' },
          { name: 'crypto', message: 'Random ids are a dependency.' },
        ],
        checkGlobalObject: true,
      },
    ],
    'eslint/no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: 'Chance is a dependency.' },
    ],
    'eslint/no-restricted-imports': [
      'error',
      {
        paths: [randomIds, kyselyTypes],
        patterns: [
          {
            group: ruleGroup(['./config.ts', './index.ts']),
            message:
              'Rules import their slice and @penstock/shared: no settings, no wiring, no framework, no other slice.',
          },
        ],
      },
    ],
  },
}

/** Makes the override of a slice's file from the list of its allowed imports. */
const leaf = (files: readonly string[], group: readonly string[], message: string): Override => ({
  files,
  rules: restrictImports({ group: ['**', ...group], message }),
})

const wiring: Override = {
  files: ['functions/*/index.ts'],
  rules: {
    'import/no-default-export': 'off',
    ...restrictImports({
      group: ['**', '!./**', '!@penstock/shared/**', '!../../openapi.json', '!node:fs'],
      message:
        'index.ts imports its slice, @penstock/shared, the API document, and the files that are deployed with it.',
    }),
  },
}

/** The modules that functions start with, which `npm run deployments` writes: they alone read the environment. */
const deployments: Override = {
  files: ['deployments/*.ts'],
  rules: { 'node/no-process-env': 'off' },
}

export const sliceFiles: readonly Override[] = [
  leaf(
    ['functions/*/handler.ts'],
    ['!./**', './config.ts', './index.ts', '!@penstock/shared/**'],
    'handler.ts imports its slice and @penstock/shared: no settings, no wiring, no framework, no other slice.',
  ),
  leaf(
    ['functions/*/contract.ts', 'functions/*/*-contract.ts'],
    [
      '!zod',
      '!./*-contract.ts',
      '!@penstock/shared/base/problem.ts',
      '!@penstock/shared/base/wire.ts',
      '!@penstock/shared/base/wire-schema.ts',
      '!@penstock/shared/schema/aging.ts',
      '!@penstock/shared/resource/{resource,envelopes}.ts',
      '!@penstock/shared/alerts/{rule,channel,event}-schema.ts',
    ],
    'contract.ts imports zod, its parts, @penstock/shared/base/{problem,wire}.ts, the list of tables that age, the fields of alert rules and the definition of resources.',
  ),
  leaf(
    ['functions/*/data.ts'],
    ['!@penstock/shared/base/slice-data.ts'],
    'data.ts imports @penstock/shared/base/slice-data.ts alone.',
  ),
  leaf(
    ['functions/*/examples.ts', 'functions/*/*-examples.ts'],
    ['!./contract.ts', '!./*-examples.ts', '!@penstock/shared/base/examples.ts', '!@penstock/shared/base/time.ts'],
    'examples.ts imports the contract, @penstock/shared/base/{examples,time}.ts and its parts.',
  ),
  leaf(
    ['functions/*/config.ts'],
    [
      '!zod',
      '!@penstock/shared/config/config.ts',
      '!@penstock/shared/config/trusted-url.ts',
      '!@penstock/shared/jobs/scheduled.ts',
      '!@penstock/shared/schema/aging.ts',
      '!./policy.ts',
      '!@penstock/shared/slice/define-slice.ts',
    ],
    'config.ts imports zod and the parts of @penstock/shared that settings are made of.',
  ),
  leaf(
    ['functions/*/queries.ts', 'functions/*/*-queries.ts', 'functions/*/*/*-queries.ts'],
    [
      '!kysely',
      '!@penstock/shared/schema/**',
      '!@penstock/shared/base/time.ts',
      '!@penstock/shared/database/sql-values.ts',
      '!@penstock/shared/points/binary-columns.ts',
    ],
    'Queries import kysely, the schema (with its instants) and shared fragments of SQL, nothing else of their slice.',
  ),
  wiring,
  deployments,
]
