// The wiring of partitions, nothing else.
import { promisify } from 'node:util'
import { saltReader } from '@penstock/shared/database/connection.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { ownerConnection } from '@penstock/shared/database/owner-connection.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const { edge, database, waitMs, limits } = loadConfig(process.env)
// The budget's other connection is used by the owner's statements.
const db = openDatabase('partitions', database, { poolSize: 1 })
const asOwner = ownerConnection('partitions', database)
const readSalt = saltReader(database, { connectTimeoutMs: 5_000, now: Date.now })
const deps = { db, asOwner, readSalt, now: Date.now, pause: promisify(setTimeout), limits }

serve('partitions', { config: edge, db, routes, handlers: handlersOf(deps, waitMs) })
