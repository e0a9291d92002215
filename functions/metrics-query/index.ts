// The wiring of metrics-query, nothing else.
import { openDatabase } from '@penstock/shared/database.ts'
import { serve } from '@penstock/shared/edge.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { defaultLimits } from './limits.ts'
import { openSeriesMemory } from './point-template.ts'
import { handlersOf } from './replies.ts'

const config = loadConfig(process.env)
const db = openDatabase('metrics-query', config.database)
const deps = { db, now: Date.now, cursorKey: config.cursorKey, limits: defaultLimits, seriesMemory: openSeriesMemory() }

serve('metrics-query', { config: config.edge, db, routes, handlers: handlersOf(deps) })
