// Records everything that writers wrote and readers saw, point by point.
import { findViolations, type Operation } from './register.ts'

export interface History {
  /** Records a write of values that nothing else writes. `end` is undefined when it is unknown whether it was committed. */
  wrote(points: readonly (readonly [key: string, value: number])[], start: number, end: number | undefined): void
  /** Records what one read saw of these points; null for a missing point. */
  saw(points: readonly (readonly [key: string, value: number | null])[], start: number, end: number): void
  /** Records a violation that does not depend on the order of operations. */
  found(kind: string, detail: string): void
  operations(): number
  /** Returns the count of each kind of violation, with an example. Registers are checked now. */
  violations(): ReadonlyMap<string, { count: number; readonly example: string }>
}

export function openHistory(): History {
  const registers = new Map<string, Operation[]>()
  const findings = new Map<string, { count: number; readonly example: string }>()
  const note = (into: typeof findings, kind: string, example: string): void => {
    const entry = into.get(kind)
    if (entry) entry.count++
    else into.set(kind, { count: 1, example })
  }
  const add = (key: string, operation: Operation): void => {
    const register = registers.get(key)
    if (register) register.push(operation)
    else registers.set(key, [operation])
  }
  return {
    wrote(points, start, end = Number.POSITIVE_INFINITY) {
      for (const [key, value] of points) add(key, { kind: 'write', value, start, end })
    },
    saw(points, start, end) {
      for (const [key, value] of points) add(key, { kind: 'read', value, start, end })
    },
    found: (kind, detail) => note(findings, kind, detail),
    operations: () => [...registers.values()].reduce((sum, { length }) => sum + length, 0),
    violations() {
      const all = new Map([...findings].map(([kind, entry]) => [kind, { ...entry }]))
      for (const [key, operations] of registers)
        for (const violation of findViolations(operations)) note(all, 'register', `${key}: ${violation}`)
      return all
    },
  }
}
