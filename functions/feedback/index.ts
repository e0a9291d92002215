// The wiring, nothing else.
import { openDatabase } from '@penstock/shared/database.ts'
import { serve } from '@penstock/shared/edge.ts'
import { openCache } from '@penstock/shared/open-cache.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const { edge, database, cache } = loadConfig(process.env)
const db = openDatabase('feedback', database)
const deps = { db, cache: openCache(cache) }

serve('feedback', { config: edge, db, routes, handlers: handlersOf(deps) })
