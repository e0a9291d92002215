// What the state of a month says about where its points are.
import type { MonthState } from './index.ts'

/**
 * States in which a month's points are read from the database. In the others they are read from the archive, if from anywhere, and
 * what is still in the database is about to leave it.
 */
export const HOT: readonly MonthState[] = ['live', 'sealed', 'written', 'verified']

export const isHot = (state: MonthState | undefined): boolean => state !== undefined && HOT.includes(state)
