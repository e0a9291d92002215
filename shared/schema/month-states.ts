// The states of a month, and where its points are read in each.
import type { MonthState } from './index.ts'

/**
 * States in which a month's points are read from the database. In the other states they are read from the archive, and rows that are
 * still in the database are about to be dropped.
 */
export const HOT: readonly MonthState[] = ['live', 'sealed', 'written', 'verified']

export const isHot = (state: MonthState | undefined): boolean => state !== undefined && HOT.includes(state)
