// The form of an answer that a request prefers: its type (`Accept`), its coding (`Accept-Encoding`).

interface Wish {
  readonly value: string
  /** Weight, 0 to 1. 0: not wanted. */
  readonly weight: number
}

/** More is not read: a header of 16 KiB would hold thousands. */
const MOST_WISHES = 32

/**
 * The offered type that `accept` (RFC 9110, 12.5.1) prefers, the first of equals. Without a header, and when it wants none of them, the
 * first one: a client that names something else reads it anyway.
 */
export function preferredType<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  const wishes = readWishes(accept)
  let best: T = offered[0]
  let most = 0
  for (const type of offered) {
    const weight = weightOf(wishes, [type, `${type.split('/', 1)[0]}/*`, '*/*'])
    if (weight > most) [best, most] = [type, weight]
  }
  return best
}

export type Coding = 'zstd' | 'gzip'

/** The coding that `acceptEncoding` (RFC 9110, 12.5.3) prefers among those offered, the first of equals; undefined: none. */
export function preferredCoding(acceptEncoding: string | undefined, offered: readonly Coding[]): Coding | undefined {
  const wishes = readWishes(acceptEncoding)
  let best: Coding | undefined
  let most = 0
  for (const coding of offered) {
    const weight = weightOf(wishes, [coding, ...(coding === 'gzip' ? ['x-gzip'] : []), '*'])
    if (weight > most) [best, most] = [coding, weight]
  }
  return best
}

/** The weight of the most specific wish. */
const weightOf = (wishes: readonly Wish[], names: readonly string[]): number => {
  for (const name of names) {
    const wish = wishes.find(({ value }) => value === name)
    if (wish) return wish.weight
  }
  return 0
}

function readWishes(header: string | undefined): readonly Wish[] {
  if (header === undefined) return []
  return header
    .toLowerCase()
    .split(',', MOST_WISHES)
    .map((part) => {
      const [value = '', ...parameters] = part.split(';', 8).map((text) => text.trim())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      return { value, weight: weight === undefined ? 1 : Number(weight.slice(2)) || 0 }
    })
}
