// A slice that the generator wrote, in a copy of the sources: which files it touches, and which tests find what is missing in it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CheckoutCopy, copyCheckout } from './support/house/checkout-copy.ts'

const COMMAND_MS = 240_000
const TEST_MS = 300_000
const FOLDER = 'functions/notes/'
/** The commands that make files from the sources; `slice new` runs them too. */
const MAKERS = ['deployments', 'schema', 'openapi']
/** Tests that are made from what each slice declares. */
const TESTS = ['test/isolation.test.ts', 'test/examples.test.ts', 'functions/notes']
const REPORT = 'coverage/report.json'
/** The cases about one slice, of files that have cases for all of them. */
const ABOUT = 'notes|is owned by the data.ts'

let copy: CheckoutCopy
let before: ReadonlyMap<string, string>
beforeAll(async () => {
  copy = copyCheckout()
  before = copy.files()
  await penstock('slice', 'new', 'notes')
}, COMMAND_MS)
afterAll(() => copy.close())

async function penstock(...args: string[]): Promise<void> {
  const { isRight, output } = await copy.run(['scripts/penstock.ts', ...args], COMMAND_MS)
  if (!isRight) throw new Error(`penstock ${args.join(' ')}: ${output}`)
}

interface Report {
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** Runs the tests of the slice in the copy. Returns how many passed, and the names of the others. */
async function runTests(): Promise<{ readonly passed: number; readonly red: readonly string[] }> {
  const args = ['--reporter=json', `--outputFile=${REPORT}`, '-t', ABOUT, ...TESTS]
  copy.remove(REPORT)
  const { output } = await copy.run(['node_modules/vitest/vitest.mjs', 'run', ...args], COMMAND_MS)
  if (!copy.has(REPORT)) throw new Error(`the tests wrote no report: ${output}`)
  const { testResults } = JSON.parse(copy.read(REPORT)) as Report
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  return {
    passed: all.filter(({ status }) => status === 'passed').length,
    red: all.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
  }
}

describe('a new slice', () => {
  it('touches two files outside its folder by hand, and commands make the others', { timeout: TEST_MS }, async () => {
    const after = copy.files()
    const paths = new Set([...before.keys(), ...after.keys()])
    const outside = [...paths].filter((path) => !path.startsWith(FOLDER) && before.get(path) !== after.get(path))
    const byHand = outside.filter((path) => path.endsWith('-notes.sql') || path === 'shared/connection-budget.json')
    expect(byHand).toHaveLength(2)

    // Everything else comes back as it was, and the commands write all of it again.
    for (const path of outside.filter((one) => !byHand.includes(one))) {
      const text = before.get(path)
      if (text === undefined) copy.remove(path)
      else copy.write(path, text)
    }
    for (const command of MAKERS) await penstock(command)
    const made = copy.files()
    expect([...after.keys()].filter((path) => made.get(path) !== after.get(path))).toEqual([])
    expect([...made.keys()].filter((path) => !after.has(path))).toEqual([])
  })

  it('is complete as it was written', { timeout: TEST_MS }, async () => {
    const { passed, red } = await runTests()
    expect(red).toEqual([])
    expect(passed).toBeGreaterThanOrEqual(7)
  })

  it.each([
    {
      missing: 'row security',
      file: () => pathEnding('-notes.sql'),
      edit: (text: string) => text.slice(0, text.indexOf('alter table')),
      red: [
        'tenants over one connection see their own rows alone as notes, whatever happened before',
        'every table has the tenant that its owner declares, and then row security that binds its owner too: notes',
      ],
    },
    {
      missing: 'its example request and its example rows',
      file: () => `${FOLDER}examples.ts`,
      edit: (text: string) => text.replace(/add: \[.*\]/, 'add: []').replace(/\(\{ notes: .*\}\)/, '({})'),
      red: [
        'notes (http) as notes answers its valid requests: add',
        'every table with a tenant has example rows: notes of functions/notes',
      ],
    },
    {
      missing: 'the mapping of its answer',
      file: () => `${FOLDER}handler.ts`,
      edit: (text: string) => text.replace('toWire(row.created_at)', 'row.created_at'),
      red: ['notes (http) as notes answers its valid requests: add'],
    },
    {
      missing: 'the declaration of its table',
      file: () => `${FOLDER}data.ts`,
      edit: (text: string) => text.replace(/^ {4}notes: .*\n/m, ''),
      red: ['every table is owned by the data.ts of a slice or of a room'],
    },
  ])('without $missing turns red', { timeout: TEST_MS }, async ({ file, edit, red: expected }) => {
    const path = file()
    const whole = copy.read(path)
    const without = edit(whole)
    expect(without).not.toBe(whole)
    copy.write(path, without)
    try {
      expect((await runTests()).red).toEqual(expect.arrayContaining(expected))
    } finally {
      copy.write(path, whole)
    }
  })
})

function pathEnding(end: string): string {
  const found = [...copy.files().keys()].find((path) => path.endsWith(end))
  if (found === undefined) throw new Error(`no file ends in ${end}`)
  return found
}
