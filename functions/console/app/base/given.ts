// Values that may be absent: the API answers null, and a list has undefined beyond its end.

/** Returns true when there is a value. */
export const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined
