// The wiring of backfill, nothing else.
import { randomUUID } from 'node:crypto'
import { openCache } from '@penstock/shared/cache/open-cache.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const config = loadConfig(process.env)
const db = openDatabase('backfill', config.database)
const deps = { db, newId: randomUUID, cache: openCache(config.cache) }

serve('backfill', { config: config.edge, db, routes, handlers: handlersOf(deps) })
