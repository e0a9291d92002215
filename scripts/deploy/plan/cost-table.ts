// The table of docs/deploy.md: what each tier costs while nothing is sent, and what loads cost.
import { tierNames } from '@penstock/shared/config/tier.ts'
import { costsOf, totalOf } from './costs.ts'
import { planFor } from './model.ts'
import { prices } from './prices.ts'
import { resourcesOf } from './resources.ts'

const [BEGIN, END] = ['<!-- Written by npm run plan -- --write: -->', '<!-- until here -->']

/** Returns the page with the current tables in the place of its own. @throws {Error} when it has no place for them. */
export function withTables(page: string): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`the page has no lines ${BEGIN} and ${END}`)
  return `${before}${BEGIN}\n\n${costTables()}\n\n${END}${after}`
}

/** The tables of costs in Markdown. */
function costTables(): string {
  return [idle(), loads(), sources()].join('\n\n')
}

function idle(): string {
  const tiers = tierNames.map((tier) => new Map(costsOf(resourcesOf(tier)).map((it) => [plain(it.what), it.usd])))
  const names = [...new Set(tiers.flatMap((lines) => [...lines.keys()]))]
  const sums = tierNames.map((tier) => `**${totalOf(costsOf(resourcesOf(tier))).toFixed(2)}**`)
  return table(
    ['', ...tierNames],
    [...names.map((name) => [name, ...tiers.map((lines) => lines.get(name)?.toFixed(2) ?? '')]), ['**idle**', ...sums]],
  )
}

/** Machines have names of their own in each tier, and so have warm functions. */
const plain = (what: string): string =>
  what.replace(/^database .*/, 'database').replace(/^\d+ warm of (.*)/, '$1, warm')

const LOADS = [
  { pointsPerSecond: 12, series: 700, batch: 100 },
  { pointsPerSecond: 100, series: 1_000, batch: 1 },
  { pointsPerSecond: 100, series: 1_000, batch: 100 },
  { pointsPerSecond: 1_000, series: 10_000, batch: 1_000 },
  { pointsPerSecond: 10_000, series: 100_000, batch: 1_000 },
  { pointsPerSecond: 100_000, series: 1_000_000, batch: 1_000 },
  { pointsPerSecond: 1_000_000, series: 10_000_000, batch: 1_000 },
] as const

function loads(): string {
  return table(
    [
      'points/s, series, batch',
      'tier, machine',
      'hot data, 90 days',
      'archive, a year',
      'a month',
      'first limit, at points/s',
    ],
    LOADS.map((load) => {
      const given = { tenants: 100, hotDays: 90, coldDays: 365, queriesPerSecond: 0, hasStandby: false, ...load }
      const { tier, resources, sizes, usd, limits, fits } = planFor(given)
      const first = limits.find(({ isSetting }) => !isSetting)
      return [
        [load.pointsPerSecond, load.series, load.batch].map(number).join(', '),
        `${tier}, ${resources.machine.type}`,
        gib(sizes.hotGib),
        gib(sizes.archiveGib),
        fits ? `$${Math.round(usd).toLocaleString('en-US')}` : 'does not fit',
        `${first?.name}, ${number(first?.pointsPerSecond ?? 0)}`,
      ]
    }),
  )
}

function sources(): string {
  return table(
    ['price', 'of', 'from'],
    Object.values(prices).map(({ usd, unit, of, source, checked }) => [
      `${usd} a ${unit}`,
      of,
      `${source}${checked ? '' : '; an estimate, look it up before you rely on it'}`,
    ]),
  )
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`.replaceAll(/\|(?:  \|)+/g, (empty) => empty.replaceAll('  ', ' ')))
    .join('\n')

const number = (value: number): string => value.toLocaleString('en-US')
const gib = (value: number): string =>
  value >= 1_024 ? `${(value / 1_024).toFixed(1)} TiB` : `${value.toFixed(value < 10 ? 1 : 0)} GiB`
