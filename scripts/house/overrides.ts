// The linter's overrides: who may import whom.
//
// The last override that fits a file decides, so each one lists every rule of its files. In a group a pattern with `!` allows again what
// the patterns before it forbid, so a leading `**` turns the group into a list of allowed imports. Patterns are compared with the text of
// the import, `import type` included.
import { type Override, restrictImports } from './restrict.ts'
import { commands, pageRooms, scriptRooms, sharedRooms, sliceRooms } from './room-overrides.ts'
import { rules, sliceFiles } from './slice-overrides.ts'
import { output } from './terminal-rules.ts'
import { tests } from './test-overrides.ts'

/** Returns all overrides of `.oxlintrc.json`, in their order. */
export function overrides(): readonly Override[] {
  return [
    rules,
    ...sliceRooms(),
    ...sliceFiles,
    ...pageRooms(),
    ...sharedRooms(),
    migrations,
    clients,
    generated,
    commands,
    ...scriptRooms(),
    output,
    ...tests,
  ]
}

const migrations: Override = {
  files: ['migrations/**/*.ts'],
  rules: restrictImports({
    group: ['./**', '../**', '@penstock/**'],
    message: 'A migration is frozen in time: it imports none of our modules.',
  }),
}

/** Files that a command writes are as long as what they list. */
const generated: Override = { files: ['clients/typescript/api.ts'], rules: { 'eslint/max-lines': 'off' } }

const clients: Override = {
  files: ['clients/typescript/*.ts'],
  rules: restrictImports({
    group: ['**', '!./**'],
    message: 'A client is copied into other projects: it imports its own files alone.',
  }),
}
