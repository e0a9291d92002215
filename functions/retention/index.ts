// The wiring, nothing else.
import { promisify } from 'node:util'
import { openArchiveStore } from '@penstock/shared/archive-store.ts'
import { openDatabase } from '@penstock/shared/database.ts'
import { serve } from '@penstock/shared/edge.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const { edge, database, archive, waitMs, days, limits } = loadConfig(process.env)
const db = openDatabase('retention', database)
const store = openArchiveStore(archive)
const deps = { db, store, now: Date.now, pause: promisify(setTimeout), days, limits }

serve('retention', { config: edge, db, routes, handlers: handlersOf(deps, waitMs) })
