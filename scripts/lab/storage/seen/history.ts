// Records everything that writers wrote and readers saw, point by point.
import { findViolations, type Operation } from './register.ts'

export interface History {
  /** Records a write of values that nothing else writes. `end` is undefined when it is unknown whether it was committed. */
  wrote(points: readonly (readonly [key: string, value: number])[], start: number, end: number | undefined): void
  /** Records what one read saw of these points; null for a missing point. */
  saw(points: readonly (readonly [key: string, value: number | null])[], start: number, end: number, by?: string): void
  /** Records that these points were erased, or have expired, by a call between two instants: no read after it may see one. */
  gone(keys: readonly string[], start: number, end: number): void
  /** Records a violation that does not depend on the order of operations. */
  found(kind: string, detail: string): void
  operations(): number
  /** Returns the count of each kind of violation, with an example. Registers are checked now. */
  violations(): ReadonlyMap<string, { count: number; readonly example: string }>
}

export function openHistory(): History {
  const registers = new Map<string, Operation[]>()
  const findings = new Map<string, { count: number; readonly example: string }>()
  const goneAt = new Map<string, { readonly start: number; readonly end: number }>()
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
    saw(points, start, end, by) {
      for (const [key, value] of points) add(key, { kind: 'read', value, start, end, by })
    },
    gone(keys, start, end) {
      for (const key of keys) if (!goneAt.has(key)) goneAt.set(key, { start, end })
    },
    found: (kind, detail) => note(findings, kind, detail),
    operations: () => [...registers.values()].reduce((sum, { length }) => sum + length, 0),
    violations() {
      const all = new Map([...findings].map(([kind, entry]) => [kind, { ...entry }]))
      for (const [key, operations] of registers) {
        const gone = goneAt.get(key)
        for (const violation of findViolations(
          gone ? operations.filter((one) => isBefore(one, gone.start)) : operations,
        ))
          note(all, 'register', `${key}: ${violation}`)
        for (const late of gone ? operations.filter((one) => cameBack(one, gone.end)) : [])
          note(
            all,
            'came back',
            `${key}: ${late.value} was read at ${late.start.toFixed(1)} ms and gone at ${gone?.end.toFixed(1)} ms`,
          )
      }
      return all
    },
  }
}

/** A read during the deletion may see the point or not. Writes do not matter then. */
const isBefore = ({ kind, end }: Operation, start: number): boolean => kind === 'write' || end < start

const cameBack = ({ kind, value, start }: Operation, end: number): boolean =>
  kind === 'read' && value !== null && start > end
