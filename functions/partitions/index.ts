// The wiring, nothing else.
import { promisify } from 'node:util'
import { openDatabase } from '@penstock/shared/database.ts'
import { serve } from '@penstock/shared/edge.ts'
import { ownerConnection } from '@penstock/shared/owner-connection.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const { edge, database, waitMs, limits } = loadConfig(process.env)
// The other connection of the budget is the owner's.
const db = openDatabase('partitions', database, { poolSize: 1 })
const asOwner = ownerConnection('partitions', database)
const deps = { db, asOwner, now: Date.now, pause: promisify(setTimeout), limits }

serve('partitions', { config: edge, db, routes, handlers: handlersOf(deps, waitMs) })
