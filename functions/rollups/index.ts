// The wiring of rollups, nothing else.
import { promisify } from 'node:util'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const { edge, database, waitMs, limits } = loadConfig(process.env)
const db = openDatabase('rollups', database)
const deps = { db, now: Date.now, pause: promisify(setTimeout), limits }

serve('rollups', { config: edge, db, routes, handlers: handlersOf(deps, waitMs) })
