// Months as a grid: a row for each year, a column for each month, a colour for each state.
import type { MonthOnMap } from '@penstock/client/api.ts'
import { bytes, count, monthName } from '../../base/format.ts'

/** The states of a month in the order of its life, with what they mean. */
export const STATES: Readonly<Record<string, readonly [className: string, meaning: string]>> = {
  live: ['live', 'in the database, and written to'],
  sealed: ['moving', 'closed for archiving'],
  written: ['moving', 'written to the archive, not verified yet'],
  verified: ['moving', 'verified in the archive, still in the database'],
  cold: ['moving', 'about to leave the database'],
  detached: ['moving', 'about to leave the database'],
  dropped: ['archived', 'in the archive'],
  expired: ['expired', 'expired'],
}

const NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const LEGEND = [
  ['live', 'in the database'],
  ['moving', 'on the way'],
  ['archived', 'in the archive'],
  ['expired', 'expired'],
] as const

interface MonthGridProps {
  readonly months: readonly MonthOnMap[]
  readonly chosen: string
  readonly onChoose: (month: string) => void
}

/** The grid, newest year first. */
export function MonthGrid({ months, chosen, onChoose }: MonthGridProps) {
  const byMonth = new Map(months.map((one) => [one.month.slice(0, 7), one]))
  const years = [...new Set(months.map(({ month }) => month.slice(0, 4)))].toSorted().toReversed()
  return (
    <>
      <div class="months">
        <div class="months-row months-names" aria-hidden="true">
          <span />
          {NAMES.map((name) => (
            <span key={name}>{name}</span>
          ))}
        </div>
        {years.map((year) => (
          <div key={year} class="months-row" role="group" aria-label={year}>
            <span class="months-year">{year}</span>
            {NAMES.map((name, i) => {
              const month = byMonth.get(`${year}-${String(i + 1).padStart(2, '0')}`)
              return month ? (
                <MonthSquare key={name} month={month} isChosen={month.month === chosen} onChoose={onChoose} />
              ) : (
                <span key={name} class="month month-none" />
              )
            })}
          </div>
        ))}
      </div>
      <p class="months-legend">
        {LEGEND.map(([name, text]) => (
          <span key={name}>
            <span class={`month-mark month-${name}`} /> {text}
          </span>
        ))}
        <span>
          <span class="month-mark month-held" /> held
        </span>
      </p>
    </>
  )
}

interface SquareProps {
  readonly month: MonthOnMap
  readonly isChosen: boolean
  readonly onChoose: (month: string) => void
}

function MonthSquare({ month, isChosen, onChoose }: SquareProps) {
  const { month: day, state, rows, bytes: size, objects, held } = month
  const [className = 'live', meaning = state] = STATES[state] ?? []
  const facts = [
    `${monthName(day)}: ${meaning}`,
    rows === null ? undefined : `${count(rows)} points`,
    size === null ? undefined : bytes(size),
    objects > 0 ? `${objects} objects` : undefined,
    held ? 'held' : undefined,
  ].filter((fact) => fact !== undefined)
  return (
    <button
      type="button"
      class={`month month-${className}${held ? ' month-held' : ''}`}
      aria-pressed={isChosen}
      aria-label={facts.join(', ')}
      title={facts.join(', ')}
      onClick={() => onChoose(isChosen ? '' : day)}
    >
      <span aria-hidden="true">{rows === null || rows === 0 ? '' : count(rows)}</span>
    </button>
  )
}
