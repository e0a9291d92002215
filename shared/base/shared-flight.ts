// One piece of work for all who ask for it at the same time.

/**
 * Does the work, or waits for who does it already. Whoever waits for somebody that fails tries itself: the trouble may be the
 * other's alone, its deadline for one. Those who wait then share that attempt.
 */
export async function share<T>(flights: Map<string, Promise<T>>, name: string, work: () => Promise<T>): Promise<T> {
  const ahead = flights.get(name)
  if (ahead) {
    const landed = await ahead.then(
      (value) => ({ value }),
      () => undefined,
    )
    if (landed) return landed.value
  }
  return await (flights.get(name) ?? lead(flights, name, work))
}

async function lead<T>(flights: Map<string, Promise<T>>, name: string, work: () => Promise<T>): Promise<T> {
  const flight = work()
  flights.set(name, flight)
  try {
    return await flight
  } finally {
    flights.delete(name)
  }
}
