// A module with two functions, like a slice's index.ts, for the test that runs it under the real Functions Framework.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FrontRoutes } from '@penstock/shared/base/wire.ts'
import { serve } from '@penstock/shared/http/edge.ts'
import type { Reply } from '@penstock/shared/http/service.ts'
import { z } from 'zod'
import { fakeDatabase } from '../postgres/fake-database.ts'
import { edgeConfig } from './edge-config.ts'

const config = edgeConfig({ target: process.env['FUNCTION_TARGET'] ?? '', host: process.env['LISTEN_HOST'] })

const routes = {
  slow: { method: 'GET', path: '/slow/{ms}', scope: 'metrics:read' },
  echo: { method: 'POST', path: '/echo', scope: 'metrics:write', body: z.unknown() },
  stray: { method: 'POST', path: '/stray', scope: 'metrics:write' },
  memory: { method: 'GET', path: '/memory', scope: 'metrics:read' },
} as const satisfies FrontRoutes

const database = fakeDatabase({ tenant_id: 1, scopes: ['metrics:read', 'metrics:write'] })
const db = {
  ...database,
  async close(): Promise<void> {
    console.log('the database is closed')
  },
}

serve('metrics-ingest', {
  config,
  db,
  routes,
  handlers: {
    async slow({ params }): Promise<Reply> {
      console.log(`slow ${params['ms']} begins`)
      await sleep(Number(params['ms']))
      return { json: 'slow' }
    },
    async echo({ body }): Promise<Reply> {
      return { json: body }
    },
    async stray(): Promise<Reply> {
      void Promise.reject(new Error('a stray rejection'))
      setImmediate(() => {
        throw new Error('a stray exception')
      })
      return {}
    },
    async memory(): Promise<Reply> {
      return { json: process.resourceUsage().maxRSS * 1024 }
    },
  },
})

serve('metrics-ingest-pubsub', {
  config,
  db,
  routes: { push: { method: 'POST', path: '/', scope: 'metrics:write' } },
  handlers: {
    async push(): Promise<Reply> {
      return {}
    },
  },
})
