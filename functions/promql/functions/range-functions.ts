// All functions of range vectors by name.
import { overTime } from './over-time.ts'
import { rates } from './rates.ts'
import { regressions } from './regression.ts'
import type { WindowFunction } from './window.ts'

export const rangeFunctions: ReadonlyMap<string, WindowFunction> = new Map([...overTime, ...rates, ...regressions])
