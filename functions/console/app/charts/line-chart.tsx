// A chart of lines over time, with a legend that shows the values under the cursor.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { localTime, quantity } from '../base/format.ts'
import { isGiven } from '../base/given.ts'
import { colorChanges } from '../base/theme.ts'
import { lineColor } from './colors.ts'
import { type Aligned, aligned, type Line, summaryOf } from './line.ts'
import { chartOptions } from './options.ts'

interface LineChartProps {
  /** Names what is drawn, for readers who do not see it. */
  readonly label: string
  readonly lines: readonly Line[]
  readonly unit?: string
  readonly height?: number
  readonly span?: readonly [from: number, to: number] | undefined
  /** Called with the seconds that the reader has marked with the mouse. */
  readonly onSelect?: ((from: number, to: number) => void) | undefined
}

/** Draws lines. It is drawn again when the lines, its width or the colours of the page change. */
export function LineChart({ label, lines, unit = '', height = 320, span, onSelect }: LineChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const point = useSignal<number | undefined>(undefined)
  const data = useRef<Aligned>([[]])
  const colors = colorChanges.value
  useEffect(() => {
    const element = host.current
    if (!element) return undefined
    const start = performance.now()
    data.current = aligned(lines)
    point.value = undefined
    const chart = new uPlot(
      chartOptions({
        lines,
        host: element,
        width: element.clientWidth,
        height,
        span,
        onSelect,
        onPoint: (index) => (point.value = index),
        onDrawn: () => measureOnce(start, data.current),
      }),
      data.current as uPlot.AlignedData,
      element,
    )
    const observer = new ResizeObserver(() => {
      if (element.clientWidth !== chart.width) chart.setSize({ width: element.clientWidth, height })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      chart.destroy()
    }
  }, [lines, height, colors, span?.[0], span?.[1]])
  return (
    <figure class="chart">
      <div ref={host} class="chart-canvas" role="img" aria-label={describe(label, lines, unit)} />
      <Legend lines={lines} unit={unit} data={data.current} index={point.value} />
    </figure>
  )
}

/** Records for the browser's own tools how long the first drawing of a chart took, with the number of its instants. */
function measureOnce(start: number, [times]: Aligned): void {
  const name = 'chart drawn'
  const isKnown = performance.getEntriesByName(name).some(({ startTime }) => startTime === start)
  if (!isKnown) performance.measure(name, { start, detail: times.length })
}

function describe(label: string, lines: readonly Line[], unit: string): string {
  const [only] = lines
  const summary = lines.length === 1 && only ? summaryOf(only) : undefined
  if (!summary) return `${label}: ${lines.length} lines`
  return `${label}: ${summary.points} points, from ${quantity(summary.min)} to ${quantity(summary.max)} ${unit}, last ${quantity(summary.last)}`
}

interface LegendProps {
  readonly lines: readonly Line[]
  readonly unit: string
  readonly data: Aligned
  readonly index: number | undefined
}

/** The names of the lines with their values under the cursor, or else with their last ones. */
function Legend({ lines, unit, data: [times, ...columns], index }: LegendProps) {
  const at = index === undefined ? undefined : times[index]
  return (
    <figcaption class="legend">
      <span class="legend-time">{at === undefined ? 'Last value' : localTime(at * 1000)}</span>
      {lines.map((line, i) => {
        const value = index === undefined ? line.values.at(-1) : columns[i]?.[index]
        return (
          <span key={line.name} class={`legend-line${line.isFaint ? ' legend-faint' : ''}`}>
            <span class="legend-mark" style={{ background: `var(${lineColor(line.color ?? i)})` }} />
            <span class="legend-name">{line.name}</span>
            <span class="legend-value">
              {isGiven(value) ? `${quantity(value)}${unit === '' ? '' : ` ${unit}`}` : '–'}
            </span>
          </span>
        )
      })}
    </figcaption>
  )
}
