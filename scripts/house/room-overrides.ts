// Overrides that follow from the table of rooms.
import { kyselyTypes, type Override, randomIds, restrictImports, ruleGroup } from './restrict.ts'
import { pageFloors, roomsBelow, roomsOf, scriptFloors, sharedFloors, sliceFloors } from './rooms.ts'
import { terminalImports, terminalRules } from './terminal-rules.ts'

const OURS = {
  group: ['**/functions/**', '**/migrations/**', '**/scripts/**', '**/test/**', '@penstock/**'],
  message: 'shared/ imports npm and itself, by relative paths.',
}

/** The files of shared/database that open connections. */
const PG_FILES = [
  'connection',
  'copy-out',
  'pipeline',
  'database',
  'login-salt',
  'one-connection',
  'own-connection',
  'pool',
]

export function sharedRooms(): readonly Override[] {
  const only = { group: ['pg', 'pg-*'], message: 'Only database.ts and its neighbours know pg.' }
  const all = { files: ['shared/**/*.ts'], rules: { 'eslint/no-console': 'error', ...restrictImports(OURS, only) } }
  const rooms = roomsOf(sharedFloors).map((room) => ({
    files: [`shared/${room}/**/*.ts`],
    rules: restrictImports(lowerRoomsOfShared(room), only),
  }))
  const withPg = {
    files: PG_FILES.map((name) => `shared/database/${name}.ts`),
    rules: restrictImports(lowerRoomsOfShared('database')),
  }
  return [all, ...rooms, withPg]
}

function lowerRoomsOfShared(room: string) {
  const below = roomsBelow(sharedFloors, room)
  return {
    group: [...OURS.group, '../**', '!../deployments.json', ...below.map((name) => `!../${name}/**`)],
    message: `shared/${room} imports npm, itself${below.length > 0 ? ` and the rooms below it: ${below.join(', ')}` : ''}, by relative paths.`,
  }
}

/** Returns the overrides of rooms inside a slice: the rules of the slice, its leaf files, and imports only from rooms below. */
export function sliceRooms(): readonly Override[] {
  const rooms = Object.entries(sliceFloors).flatMap(([slice, floors]) =>
    roomsOf(floors).map((room) => sliceRoom(`${slice}/${room}`, roomsBelow(floors, room))),
  )
  return [sliceRoom('*/*', []), ...rooms]
}

function sliceRoom(folder: string, below: readonly string[]): Override {
  const wiring = ['config', 'handler', 'index', 'replies', 'routes'].map((name) => `../${name}.ts`)
  const group = ruleGroup(['!../*.ts', ...wiring, ...below.map((name) => `!../${name}/**`)])
  const rooms = below.length > 0 ? `, the rooms below it (${below.join(', ')})` : ''
  const message = `A room imports itself, the leaves of its slice${rooms} and @penstock/shared: no settings, no wiring, no other slice.`
  const rule = ['error', { paths: [randomIds, kyselyTypes], patterns: [{ group, message }] }]
  return { files: [`functions/${folder}/**/*.ts`], rules: { 'eslint/no-restricted-imports': rule } }
}

const PAGE = 'functions/console/app'

/** Returns the overrides of the console's page: it runs in a browser, so it has a clock, and only the packages that are bundled with it. */
export function pageRooms(): readonly Override[] {
  const packages = [
    '!preact',
    '!preact/hooks',
    '!@preact/signals',
    '!uplot',
    '!@penstock/client',
    '!@penstock/client/**',
  ]
  const inPage = (files: string, own: readonly string[], what: string): Override => ({
    files: [`${PAGE}/${files}`],
    rules: {
      'eslint/no-restricted-globals': 'off',
      'eslint/no-restricted-properties': 'off',
      ...restrictImports({
        group: ['**', '!./**', ...own, ...packages],
        message: `${what}, the client of the API and the packages of the page: preact, its signals and uplot.`,
      }),
    },
  })
  const rooms = roomsOf(pageFloors).map((room) => {
    const below = roomsBelow(pageFloors, room)
    const lower = below.length > 0 ? ` and the rooms below it (${below.join(', ')})` : ''
    return inPage(
      `${room}/**/*.{ts,tsx}`,
      below.map((name) => `!../**/${name}/**`),
      `A room of the page imports itself${lower}`,
    )
  })
  return [inPage('*.{ts,tsx}', [], 'The page imports its rooms'), ...rooms]
}

const CONTRACTS = {
  group: ['**/functions/**', '!**/functions/*/contract.ts'],
  message: 'Scripts know a slice by its contract.ts alone, for its list of routes.',
}
const PACKAGE = { group: ['../**/shared/**'], message: 'Our package is imported as @penstock/shared.' }

export const commands: Override = {
  files: ['scripts/*.ts'],
  rules: {
    'node/no-process-env': 'off',
    ...terminalRules,
    ...terminalImports(CONTRACTS, PACKAGE, {
      group: ['./*.ts'],
      message: 'Nothing imports a command: what two commands share belongs into a room.',
    }),
  },
}

/** No room may import a command either. The number of steps up depends on the folder, so a test checks that instead. */
export function scriptRooms(): readonly Override[] {
  return roomsOf(scriptFloors).map((room) => {
    const below = roomsBelow(scriptFloors, room)
    const above = roomsOf(scriptFloors).filter((name) => name !== room && !below.includes(name))
    const lower = {
      group: above.map((name) => `../**/${name}/**`),
      message: `scripts/${room} imports itself${below.length > 0 ? ` and the rooms below it: ${below.join(', ')}` : ''}.`,
    }
    return {
      files: [`scripts/${room}/**/*.ts`],
      rules: {
        'node/no-process-env': 'off',
        ...terminalRules,
        ...terminalImports(CONTRACTS, PACKAGE, ...(above.length > 0 ? [lower] : [])),
      },
    }
  })
}
