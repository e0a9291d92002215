// One run of a piece of work for all concurrent callers.

/**
 * Single flight: concurrent callers of one name share one run. If it fails, the callers that waited share one more attempt, because the
 * failure may have been the first caller's alone, such as its deadline.
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
