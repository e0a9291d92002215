// The drawing of lines by uPlot: axes, grid, cursor and selection, in the colours of the page.
import type uPlot from 'uplot'
import { quantity } from '../base/format.ts'
import { colorOf, faded, lineColor } from './colors.ts'
import type { Line } from './line.ts'

export interface Drawing {
  readonly lines: readonly Line[]
  readonly host: HTMLElement
  readonly width: number
  readonly height: number
  /** First and last second of the horizontal axis. */
  readonly span: readonly [from: number, to: number] | undefined
  /** Called with the part of the axis that the reader has marked. */
  readonly onSelect: ((from: number, to: number) => void) | undefined
  /** Called with the number of the points under the cursor, or undefined. */
  readonly onPoint: (index: number | undefined) => void
  /** Called after each drawing. */
  readonly onDrawn: () => void
}

/** Labels of the time axis by the distance of its ticks in seconds: the text of each tick, and a second line where its day or year begins. */
const TIME_LABELS: uPlot.Axis.DynamicValues | (string | number | null)[][] = [
  [3600 * 24 * 365, '{YYYY}', null, null, null, null, null, null, 1],
  [3600 * 24 * 28, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [3600 * 24, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [0.001, ':{ss}.{fff}', '\n{D} {MMM} {YYYY} {HH}:{mm}', null, '\n{D} {MMM} {HH}:{mm}', null, '\n{HH}:{mm}', null, 1],
]
const FONT = '12px system-ui, sans-serif'
const MINUTE_S = 60
/** Points are drawn as dots while there are few enough to be seen. */
const MOST_DOTS = 60

/** Returns the options of the chart. */
export function chartOptions({ lines, host, width, height, span, onSelect, onPoint, onDrawn }: Drawing): uPlot.Options {
  const [text, grid] = [colorOf(host, '--quiet'), colorOf(host, '--grid')]
  const axis = {
    stroke: text,
    font: FONT,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 5 },
  }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: onSelect !== undefined, y: false, setScale: false }, points: { size: 7 } },
    select: { show: onSelect !== undefined, left: 0, top: 0, width: 0, height: 0 },
    scales: { x: { time: true, range: (_, min, max) => rangeOfTimes(span, min, max) }, y: { range: rangeOfValues } },
    axes: [
      { ...axis, space: 70, values: TIME_LABELS },
      { ...axis, size: axisWidth, values: (_, ticks) => ticks.map(quantity) },
    ],
    series: [{}, ...lines.map((line, i) => seriesOf(line, colorOf(host, lineColor(line.color ?? i))))],
    hooks: {
      draw: [onDrawn],
      setCursor: [(chart) => onPoint(chart.cursor.idx ?? undefined)],
      setSelect: [(chart) => selected(chart, onSelect)],
    },
  }
}

function seriesOf({ values, isFaint = false }: Line, color: string): uPlot.Series {
  return {
    stroke: isFaint ? faded(color, 0.45) : color,
    width: isFaint ? 1 : 1.6,
    spanGaps: false,
    points: { show: values.length <= MOST_DOTS && !isFaint, size: 5, fill: color },
    ...(isFaint ? { dash: [5, 4] } : {}),
  }
}

/** The horizontal axis has the span or, without one, the points. Around a single point there is a minute on either side. */
function rangeOfTimes(span: Drawing['span'], min: number | null, max: number | null): [number, number] {
  if (span) return [span[0], span[1]]
  if (min === null || max === null) return [0, 1]
  return min === max ? [min - MINUTE_S, max + MINUTE_S] : [min, max]
}

/** The vertical axis has some room above and below; a flat line is in its middle. */
function rangeOfValues(_: uPlot, min: number | null, max: number | null): [number, number] {
  if (min === null || max === null) return [0, 1]
  const room = min === max ? Math.max(Math.abs(min) * 0.1, 1) : (max - min) * 0.08
  return [min >= 0 && min - room < 0 ? 0 : min - room, max + room]
}

/** The vertical axis is as wide as its longest number. */
const axisWidth = (_: uPlot, values: string[] | null): number =>
  18 + 7 * Math.max(2, ...(values ?? []).map((text) => text.length))

function selected(chart: uPlot, onSelect: Drawing['onSelect']): void {
  const { left, width } = chart.select
  if (width < 8 || !onSelect) return
  const [from, to] = [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')]
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  onSelect(from, to)
}
