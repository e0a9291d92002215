// The wiring of feedback, nothing else.

import { openCache } from '@penstock/shared/cache/open-cache.ts'
import { openDatabase } from '@penstock/shared/database/database.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const { edge, database, cache } = loadConfig(process.env)
const db = openDatabase('feedback', database)
const deps = { db, cache: openCache(cache) }

serve('feedback', { config: edge, db, routes, handlers: handlersOf(deps) })
