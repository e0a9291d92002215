// The list prices that costs are computed from, each with its source.
import file from './prices.json' with { type: 'json' }

export interface Price {
  readonly usd: number
  readonly unit: string
  readonly of: string
  readonly source: string
  /** False for an estimate. */
  readonly checked: boolean
}

export const prices: Readonly<Record<keyof typeof file.prices, Price>> = file.prices
export const priceRegion = file.region
export const priceDate = file.date

/** A month as Google counts it. */
export const HOURS = 730
export const MONTH_S = HOURS * 3_600
