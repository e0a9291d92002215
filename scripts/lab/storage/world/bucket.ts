// The checker's bucket: the local stand-in of Cloud Storage, with lost and refused answers, whose folder is looked at after every call.
import { type ArchiveStore, openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { ARCHIVE_BUCKET } from '../../../cli/state.ts'
import type { OnCall, StorageFault } from '../../../local/storage/faults.ts'
import { type Storage, startStorage } from '../../../local/storage/server.ts'
import type { Random } from '../../random.ts'
import type { History } from '../seen/history.ts'

export interface CheckedBucket {
  readonly url: string
  /** The client that retention has, with short pauses. */
  readonly store: ArchiveStore
  /** Starts random faults of calls, and the comparison of the folder with the rules that its readers rely on. */
  watch(history: History, random: Random): void
  /** Ends the faults. */
  calm(): void
  /** CRC-32C of every object. */
  contents(): ReadonlySet<string>
  close(): Promise<void>
}

const FAULTS: readonly StorageFault[] = [503, 'lost', 'reset']

export async function openBucket(folder: string): Promise<CheckedBucket> {
  let onCall: OnCall = () => undefined
  const storage = await startStorage({
    folder,
    clock: Date.now,
    buckets: [ARCHIVE_BUCKET],
    onCall: (call, when) => onCall(call, when),
  })
  const store = openArchiveStore(
    { bucket: ARCHIVE_BUCKET, endpoint: storage.url },
    { attempts: 6, pauseMs: 1, timeoutMs: 2_000 },
  )
  return {
    url: storage.url,
    store,
    watch(history, random) {
      onCall = (_, when) => {
        if (when === 'before') return random.chance(0.02) ? random.pick(FAULTS) : undefined
        lookAtFolder(storage, history)
        return undefined
      }
    },
    calm: () => void (onCall = () => undefined),
    contents: () => new Set([...storage.content.objects(ARCHIVE_BUCKET).values()].map(({ crc32c }) => crc32c)),
    close: async () => await storage.close(),
  }
}

/** Each row is in the folder once: a month of a tenant has one object in the place that readers of the folder look at. */
function lookAtFolder({ content }: Storage, history: History): void {
  const months = [...content.objects(ARCHIVE_BUCKET).keys()].flatMap(
    (name) => /^metrics\/(tenant=[^/]+\/month=[^/]+)\//.exec(name)?.[1] ?? [],
  )
  for (const [month, objects] of Map.groupBy(months, (one) => one))
    if (objects.length > 1) history.found('a month twice in the folder', `${month} has ${objects.length} objects`)
}
