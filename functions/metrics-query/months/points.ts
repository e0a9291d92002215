// Points as columns: an object for each row of a page would cost more than everything else.

/** Points in the order of their page; the columns have one length. */
export interface Points {
  readonly series: Int32Array
  /** Microseconds since 1970. */
  readonly at: Float64Array
  readonly value: Float64Array
}

/** Returns a part of the points, in the same memory. */
export function takePoints({ series, at, value }: Points, skip: number, limit: number): Points {
  const end = skip + limit
  return { series: series.subarray(skip, end), at: at.subarray(skip, end), value: value.subarray(skip, end) }
}

/** Returns the series of all points when they have the same; undefined otherwise. */
export function onlySeries(series: Int32Array): number | undefined {
  const first = series[0]
  for (let i = 1; i < series.length; i++) if (series[i] !== first) return undefined
  return first
}
