// A plan as text for a person.
import { textTable } from '../../cli/text-table.ts'
import type { Plan } from './model.ts'
import { priceDate, priceRegion } from './prices.ts'

/** Returns the report of a plan, in several paragraphs. */
export function reportOf(plan: Plan): string {
  const { load, tier, resources, sizes, lines, usd, limits, fits } = plan
  const [first] = limits
  const machine = `${resources.machine.type}${resources.hasStandby ? ' with a standby' : ''}`
  return [
    `For ${number(load.pointsPerSecond)} points/s of ${number(load.series)} series in batches of ${load.batch}, and ${load.queriesPerSecond} questions/s:`,
    '',
    `  tier ${tier}, ${machine}, ${number(resources.diskGib)} GiB of disk`,
    `  ${gib(sizes.hotGib)} for ${load.hotDays} days in the database, ${gib(sizes.archiveGib)} for ${load.coldDays} days in the archive`,
    `  ${gib(sizes.walGib)} of log for point-in-time recovery, ${sizes.walMibPerSecond.toFixed(2)} MiB/s`,
    '',
    textTable(
      ['US dollars a month', 'how', 'estimate'],
      lines.map((it) => [`${it.what}: ${it.usd.toFixed(2)}`, it.how, it.checked ? null : 'yes']),
    ),
    '',
    `Sum: $${usd.toFixed(2)} a month, at list prices of ${priceRegion} of ${priceDate}.`,
    '',
    textTable(
      ['limit', 'used', 'most', 'fits', 'at points/s'],
      limits.map((it) => [
        it.name,
        it.used,
        it.most,
        times(it.headroom),
        it.pointsPerSecond >= 1e6 ? '1 M and more' : number(it.pointsPerSecond),
      ]),
    ),
    '',
    first && load.pointsPerSecond > 0
      ? `First limit: ${first.name}, at ${number(first.pointsPerSecond)} points/s. ${first.remedy}`
      : 'Without a load no limit comes nearer.',
    ...(fits
      ? []
      : [
          '',
          'This load does not fit one instance of Cloud SQL: docs/deploy.md, "Beyond one instance", compares what does.',
        ]),
  ].join('\n')
}

const number = (value: number): string => value.toLocaleString('en-US')
const gib = (value: number): string =>
  value >= 1_024 ? `${(value / 1_024).toFixed(1)} TiB` : `${value.toFixed(1)} GiB`
const times = (headroom: number): string =>
  headroom >= 1e6 ? '–' : `${headroom >= 10 ? Math.round(headroom) : headroom.toFixed(1)} times`
