// Variants of the product, each with one rule of archiving removed.
import { type Cast, GATE, type Retention, type Variant } from './variants.ts'
import type { BeforeStatement } from './world/door.ts'

/** Few writers and readers, so that months are moved as often as possible. */
const cast: Cast = { writers: 2, compactors: 1, readers: 1, httpReaders: 2, erasers: 1 }

const withoutCast: readonly Variant[] = [
  { name: 'archiving as it is', without: '' },
  {
    name: 'the run not forgotten',
    without: 'a transaction that changes a month forgets the run that is recorded for it',
    keepsRuns: true,
  },
  {
    name: 'the hash compared by counts',
    without: 'only an object with the content of the run can become the month’s',
    retention: comparingCounts,
  },
  {
    name: 'the switch before the copy',
    without: 'the content is in place before the database says so',
    retention: copyingLate,
  },
  {
    name: 'a gate of another era',
    without: 'a gate is (era, xid), and a run of another era is forgotten',
    keepsGates: true,
    retention: ({ store }) => ({
      store,
      before: async (statement) =>
        statement
          .replace(GATE, "xid < '$2'::xid8")
          .replace('join store_state s on s.era = a.era', 'cross join store_state s'),
    }),
  },
  {
    name: 'storage asked under the lock',
    without: 'nothing asks storage while the lock is held',
    retention: ({ store }) => ({
      store,
      async before(statement) {
        if (statement.includes('delete from archive_next')) await store.stat('metrics/')
        return statement
      },
    }),
  },
]

export const lifecycleVariants: readonly Variant[] = withoutCast.map((variant) => ({ ...variant, cast }))

type OfRetention = ReturnType<NonNullable<Variant['retention']>>

const unchanged: BeforeStatement = async (statement) => statement

/** Accepts an object that has as many rows as the content, without comparing the rows: the object and its record remain. */
function comparingCounts({ ask, store }: Retention): OfRetention {
  let stays = false
  return {
    before: async (statement) =>
      stays && statement.includes("update archive set state = 'replaced'")
        ? `${statement.replace("and state = 'verified'", "and state = 'verified' and false")} where false`
        : statement,
    store: {
      ...store,
      async copy(source, to) {
        const there = await store.stat(to.name)
        const equal = await ask(
          `select a.id from archive a join archive_next n on n.tenant_id = a.tenant_id and n.month = a.month
           where a.name = $1 and a.generation = $2 and a.rows = n.rows and a.state = 'verified'`,
          [to.name, there?.generation ?? '0'],
        )
        stays = there !== undefined && equal.length > 0
        return there && stays ? there : await store.copy(source, to)
      },
    },
  }
}

/** Copies only after the switch was committed, when the run removes its upload. The record then has the generation of the copy. */
function copyingLate({ ask, store }: Retention): OfRetention {
  let late: (() => Promise<void>) | undefined
  return {
    before: unchanged,
    store: {
      ...store,
      async copy(source, to) {
        const expected = String(Number(to.over) + 1)
        late = async () => {
          const { generation } = await store.copy(source, to)
          const known = [generation, to.name, expected]
          await ask('update archive set generation = $1 where name = $2 and generation = $3', known)
        }
        return { ...source, name: to.name, generation: expected }
      },
      async stat(name) {
        const copy = late
        late = undefined
        await copy?.()
        return await store.stat(name)
      },
    },
  }
}
