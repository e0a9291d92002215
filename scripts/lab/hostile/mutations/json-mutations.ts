// Changes to a JSON value: other types, missing, doubled or null members, arrays for objects, extreme values.

import type { Random } from '../../random.ts'
import { extremeName, extremeTime, extremeValue } from './extremes.ts'

type Path = readonly (string | number)[]
type Operation = (value: unknown, random: Random) => unknown

/** Changes one thing somewhere inside the value. The argument is not modified. */
export function mutateJson(value: unknown, random: Random): unknown {
  const path = random.pick(pathsOf(value))
  const operation = random.pick(random.chance(0.3) ? containerOperations : anyOperations)
  return changed(value, path, (part) => operation(part, random))
}

const anyOperations: readonly Operation[] = [
  (_, random) => extremeValue(random),
  (_, random) => extremeValue(random),
  (_, random) => extremeTime(random),
  () => null,
  () => undefined,
  (part) => [part],
  (part) => ({ value: part }),
  (part) => String(part),
  (part) => (typeof part === 'string' ? part.repeat(7) : part),
  (part) => (typeof part === 'number' ? -part : part),
  (part, random) => (typeof part === 'string' ? part + String.fromCharCode(random.below(65_536)) : part),
]

const containerOperations: readonly Operation[] = [
  (part) => (isObject(part) ? Object.entries(part) : part),
  (part) => (Array.isArray(part) ? Object.fromEntries(part.entries()) : part),
  (part) => (Array.isArray(part) ? [...part, ...part] : part),
  (part, random) => (Array.isArray(part) ? [...part, extremeValue(random)] : part),
  (part, random) => (isObject(part) ? { ...part, [extremeName(random)]: extremeValue(random) } : part),
  (part, random) => (isObject(part) ? { ...part, [randomName(random)]: extremeValue(random) } : part),
  (part) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).map(([name, v]) => [name.toUpperCase(), v])) : part,
  (part) => (isObject(part) ? rotated(part) : part),
  (part, random) => (isObject(part) ? withMany(part, random) : part),
]

/** Returns the places that can be changed: the value itself, and everything inside. */
function pathsOf(value: unknown): readonly Path[] {
  const paths: Path[] = [[]]
  const collect = (part: unknown, path: Path): void => {
    if (typeof part !== 'object' || part === null) return
    for (const [name, member] of Object.entries(part)) {
      const own = [...path, Array.isArray(part) ? Number(name) : name]
      paths.push(own)
      collect(member, own)
    }
  }
  collect(value, [])
  return paths
}

/** Returns a copy with the part at this path changed; a member that becomes undefined is removed. */
function changed(value: unknown, path: Path, change: (part: unknown) => unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return change(value)
  if (Array.isArray(value)) return value.map((entry, i) => (i === first ? changed(entry, rest, change) : entry))
  const entries = Object.entries(value as object)
  return Object.fromEntries(entries.map(([name, v]) => [name, name === first ? changed(v, rest, change) : v]))
}

/** Gives each member the value of the next one. */
function rotated(object: object): object {
  const values = Object.values(object)
  return Object.fromEntries(Object.keys(object).map((name, i) => [name, values[(i + 1) % values.length]]))
}

function withMany(object: object, random: Random): object {
  const count = random.pick([20, 21, 100, 1_000])
  const more = Array.from({ length: count }, (_, i) => [`key${i}`, i])
  return { ...object, ...Object.fromEntries(more) }
}

const randomName = (random: Random): string => random.bytes(4).toString('latin1')

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
