// The rooms of the house and their floors. A room imports only rooms of lower floors; the linter's settings are generated from this
// table.

/** Floors from the lowest up. Rooms of one floor may not import each other. */
export type Floors = readonly (readonly string[])[]

export const sharedFloors: Floors = [
  ['base', 'schema', 'config'],
  ['report', 'egress'],
  ['database', 'cache', 'negotiation'],
  ['auth', 'envelope'],
  ['http', 'points'],
  ['archive', 'compaction', 'jobs'],
  ['lifecycle', 'resource', 'reading'],
  ['alerts', 'slice'],
]

/** The files in scripts/ itself are commands: they import any room, and nothing imports them. */
export const scriptFloors: Floors = [
  ['cli'],
  ['house', 'database'],
  ['deploy', 'data'],
  ['local'],
  ['lab'],
  ['program'],
]

/** The rooms of the console's page, which runs in a browser. The files in its own folder may import any of them. */
export const pageFloors: Floors = [['base'], ['api', 'charts'], ['ui'], ['pages']]

/** Slices that have rooms. The files of a slice's own folder may import any of them. */
export const sliceFloors: Readonly<Record<string, Floors>> = {
  backup: [['cloud', 'checks'], ['runs']],
  alerts: [
    ['history', 'channels'],
    ['evaluation', 'delivery'],
  ],
  console: [['app']],
  monitoring: [['counters'], ['server'], ['suite'], ['outlets']],
  'metrics-ingest': [['protocols'], ['push']],
  'metrics-query': [['months', 'forms'], ['range'], ['aggregate', 'series', 'preview'], ['trends']],
  promql: [['syntax'], ['columns'], ['functions'], ['eval'], ['stored', 'http']],
  retention: [['objects'], ['rows'], ['stored']],
}

/** Returns the rooms that `room` may import. */
export function roomsBelow(floors: Floors, room: string): readonly string[] {
  const floor = floors.findIndex((rooms) => rooms.includes(room))
  return floors.slice(0, Math.max(floor, 0)).flat()
}

export const roomsOf = (floors: Floors): readonly string[] => floors.flat()
