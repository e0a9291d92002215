// The wiring of promql, nothing else.
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { archiveConfig } from '@penstock/shared/config/config.ts'
import { openArchive } from '@penstock/shared/reading/archive-reading.ts'
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { settings } from './config.ts'
import { routes } from './contract.ts'
import { promqlFailure } from './http/envelope.ts'
import { defaultLimits, type PromqlLimits } from './limits.ts'
import { handlersOf } from './replies.ts'
import { openTurns } from './turns.ts'

/** Defines the slice; tests give it other limits. */
export const promqlWithin = (limits: PromqlLimits) =>
  defineSlice({
    name: 'promql',
    routes,
    runtime: { timeout_s: 60, memory_mib: 512, concurrency: 40, connections: 1 },
    settings,
    open({ settings: given, db, now }) {
      // A caller is waiting: what storage cannot deliver in a few seconds is answered with 503.
      const store = openArchiveStore(archiveConfig(given), { attempts: 3, pauseMs: 100, timeoutMs: 5_000 })
      return handlersOf({ db, now, limits, archive: openArchive(store, limits), turns: openTurns(limits.atOnce) })
    },
    failure: promqlFailure,
  })

export default promqlWithin(defaultLimits)
