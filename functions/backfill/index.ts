// The wiring of backfill, nothing else.
import { randomUUID } from 'node:crypto'
import { openDatabase } from '@penstock/shared/database.ts'
import { serve } from '@penstock/shared/edge.ts'
import { openCache } from '@penstock/shared/open-cache.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const config = loadConfig(process.env)
const db = openDatabase('backfill', config.database)
const deps = { db, newId: randomUUID, cache: openCache(config.cache) }

serve('backfill', { config: config.edge, db, routes, handlers: handlersOf(deps) })
