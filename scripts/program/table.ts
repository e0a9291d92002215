// Every command of `penstock`, in the order in which the help lists them.
import type { Load, ProgramCommand } from './program.ts'

const groups: Readonly<Record<string, readonly (readonly [name: string, summary: string, load: Load])[]>> = {
  Run: [
    ['start', 'Runs the whole suite on this machine.', () => import('../local/start-command.ts')],
    [
      'sql',
      'Runs SQL statements on the database, and prints their results.',
      () => import('../database/sql-command.ts'),
    ],
  ],
  Data: [
    ['import', 'Imports history from CSV or NDJSON files.', () => import('../data/import/import-command.ts')],
    [
      'backfill',
      'Starts and lists backfill jobs, and works on them.',
      () => import('../data/backfill/backfill-command.ts'),
    ],
    [
      'archive',
      'Lists, verifies, reopens and holds archived months.',
      () => import('../data/archive/archive-command.ts'),
    ],
    [
      'deadletters',
      'Lists, replays and discards messages that could not be stored.',
      () => import('../data/dead-letters/deadletters-command.ts'),
    ],
    ['tenant', 'Exports or erases all data of a tenant.', () => import('../data/tenant-command.ts')],
    [
      'erase',
      "Erases a user's feedback, or series of a tenant, and prints a proof.",
      () => import('../data/erase/erase-command.ts'),
    ],
    [
      'bring-back',
      'Copies lost points from a restored database into the running one.',
      () => import('../data/bring-back-command.ts'),
    ],
  ],
  Operate: [
    ['keys', 'Creates, lists and revokes API keys.', () => import('../database/keys/keys-command.ts')],
    [
      'reader',
      'Creates, lists and drops read-only logins for one tenant each.',
      () => import('../database/keys/reader-command.ts'),
    ],
    [
      'migrate',
      'Applies migrations, roles, limits and grants to the database.',
      () => import('../database/migrate-command.ts'),
    ],
    [
      'alerts',
      'Adds the alert rules that watch the suite itself.',
      () => import('../data/alert-rules/alerts-command.ts'),
    ],
    [
      'schedule',
      'Lists and runs scheduled jobs, here or of a deployed suite.',
      () => import('../local/schedule/schedule-command.ts'),
    ],
    [
      'build',
      'Bundles every function into dist/, with its bill of materials.',
      () => import('../deploy/build-command.ts'),
    ],
    ['plan', 'Computes size, cost and limits of a suite for a load.', () => import('../deploy/plan/plan-command.ts')],
    [
      'deploy-check',
      'Checks a project before and after a deployment. Changes nothing.',
      () => import('../deploy/check/deploy-check-command.ts'),
    ],
    [
      'advisories',
      'Lists known vulnerabilities of the deployed packages.',
      () => import('../deploy/advisories-command.ts'),
    ],
    [
      'images',
      'Lists the container images of the project, and pins their digests.',
      () => import('../deploy/images-command.ts'),
    ],
  ],
  Prove: [
    [
      'bench',
      'Measures what the functions do per second, next to the limit of each.',
      () => import('../lab/bench/bench-command.ts'),
    ],
    [
      'faults',
      'Makes functions, server and network fail under load, and counts what was acknowledged.',
      () => import('../lab/faults/faults-command.ts'),
    ],
    ['hostile', 'Sends every route what no client should send.', () => import('../lab/hostile/hostile-command.ts')],
    [
      'storage',
      'Writes, compacts and reads at once on one database, and checks everything that was read.',
      () => import('../lab/storage/storage-command.ts'),
    ],
    [
      'drill',
      'Loses data on servers of its own, restores it, and proves that it is whole.',
      () => import('../lab/drill/drill-command.ts'),
    ],
    [
      'page',
      'Takes pictures of the console in a browser, and measures it.',
      () => import('../lab/page/page-command.ts'),
    ],
    [
      'history',
      'Takes real history through its whole life, and compares every answer.',
      () => import('../lab/history/history-command.ts'),
    ],
  ],
  Develop: [
    ['slice', 'Writes the files of a new slice.', () => import('../deploy/slice/slice-command.ts')],
    ['schema', 'Writes migrations/schema.sql from the migrations.', () => import('../database/schema-sql.ts')],
    [
      'deployments',
      'Writes the modules, numbers and routes of all deployments.',
      () => import('../deploy/deployments-command.ts'),
    ],
    [
      'openapi',
      'Writes openapi.json, the API document, and the types of the client for TypeScript from the contracts of the slices.',
      () => import('../deploy/openapi/openapi-command.ts'),
    ],
    ['texts', 'Lists every text that a person can meet.', () => import('../house/texts-command.ts')],
    [
      'lint-rooms',
      'Writes the import rules of the linter from the table of rooms.',
      () => import('../house/lint-settings.ts'),
    ],
  ],
}

export const table: readonly ProgramCommand[] = Object.entries(groups).flatMap(([group, commands]) =>
  commands.map(([name, summary, load]) => ({ name, group, summary, load })),
)
