// Sums with compensation: the digits that a sum loses are added up separately (Neumaier's variant of Kahan's method).

export interface Sum {
  total: number
  /** The digits that `total` has lost. */
  lost: number
}

export const emptySum = (): Sum => ({ total: 0, lost: 0 })

export function add(sum: Sum, value: number): void {
  const { total } = sum
  const next = total + value
  sum.lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total
  sum.total = next
}

export const totalOf = ({ total, lost }: Sum): number => total + lost
