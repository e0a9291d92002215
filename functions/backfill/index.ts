// The wiring of backfill, nothing else.
import { randomUUID } from 'node:crypto'
import { openDatabase } from '@penstock/shared/database.ts'
import { serve } from '@penstock/shared/edge.ts'
import { loadConfig } from './config.ts'
import { routes } from './contract.ts'
import { handlersOf } from './replies.ts'

const config = loadConfig(process.env)
const db = openDatabase('backfill', config.database)

serve('backfill', { config: config.edge, db, routes, handlers: handlersOf({ db, newId: randomUUID }) })
