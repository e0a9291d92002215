// The wiring of retention, nothing else.
import { promisify } from 'node:util'
import { openArchiveStore } from '@penstock/shared/archive/archive-store.ts'
import { copyConnection } from '@penstock/shared/database/copy-connection.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { ownerConnection } from '@penstock/shared/database/owner-connection.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const { edge, database, archive, waitMs, days, limits } = loadConfig(process.env)
// The budget gives two connections: one for the pool, and one for statements that a pool cannot run (`asOwner` or `inCopyTransaction`,
// one at a time).
const db = openDatabase('retention', database, { poolSize: 1 })
const asOwner = ownerConnection('retention', database)
const inCopyTransaction = copyConnection('retention', database)
const store = openArchiveStore(archive)
const deps = { db, asOwner, inCopyTransaction, store, now: Date.now, pause: promisify(setTimeout), days, limits }

serve('retention', { config: edge, db, routes, handlers: handlersOf(deps, waitMs) })
