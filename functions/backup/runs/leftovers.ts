// Test instances that a run left behind, because it was never continued.
import type { BackupDeps } from '../deps.ts'

/** Begins to delete the test instances that are older than any run may be, and returns their names. Safe to repeat. */
export async function removeLeftovers({ admin, place, limits, now }: BackupDeps): Promise<readonly string[]> {
  if (!admin) return []
  const instances = await admin.instances()
  const old = instances.filter(
    ({ name, createdAt }) =>
      name !== place.instance && name.startsWith(place.testPrefix) && createdAt < now() - limits.longestMs,
  )
  for (const { name } of old) await admin.remove(name)
  return old.map(({ name }) => name)
}
