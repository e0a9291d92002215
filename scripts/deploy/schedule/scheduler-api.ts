// Cloud Scheduler by its own client, over REST: gRPC is not needed for a handful of jobs.
import { CloudSchedulerClient } from '@google-cloud/scheduler'
import type { TokenSource } from '../google/token.ts'
import type { CloudJob } from './cloud-job.ts'

export interface SchedulerApi {
  /** Every job of a location, across pages. */
  list(parent: string): Promise<readonly CloudJob[]>
  create(parent: string, job: CloudJob): Promise<void>
  /** Replaces what is sent; whether the job is paused stays as it is. */
  update(job: CloudJob): Promise<void>
  remove(name: string): Promise<void>
  pause(name: string): Promise<void>
  resume(name: string): Promise<void>
  /** Starts the job now, whatever its schedule; resolves before it has ended. */
  run(name: string): Promise<void>
}

export interface SchedulerEndpoint {
  readonly apiEndpoint: string
  readonly port: number
  readonly protocol: 'http' | 'https'
}

type Options = NonNullable<ConstructorParameters<typeof CloudSchedulerClient>[0]>

/** The paths of a Job that `toCloudJob` fills. */
const WRITTEN = ['description', 'schedule', 'time_zone', 'attempt_deadline', 'retry_config', 'http_target']
const CALL = { timeout: 20_000 }

/** Opens the client; it connects with the first call. @throws nothing yet: each call throws what the service answered. */
export function openScheduler(token: TokenSource, endpoint?: SchedulerEndpoint): SchedulerApi {
  const client = new CloudSchedulerClient({ fallback: true, auth: bearer(token), ...endpoint } as Options)
  return {
    // The client's iterator asks for one page after another by itself.
    list: async (parent) => (await client.listJobs({ parent }, CALL))[0],
    create: async (parent, job) => void (await client.createJob({ parent, job }, CALL)),
    update: async (job) => void (await client.updateJob({ job, updateMask: { paths: WRITTEN } }, CALL)),
    remove: async (name) => void (await client.deleteJob({ name }, CALL)),
    pause: async (name) => void (await client.pauseJob({ name }, CALL)),
    resume: async (name) => void (await client.resumeJob({ name }, CALL)),
    run: async (name) => void (await client.runJob({ name }, CALL)),
  }
}

/** All that the client's REST transport asks of its `auth`: google-gax/build/src/fallbackServiceStub.js calls `fetch` alone. */
function bearer(token: TokenSource) {
  const headersOf = async (): Promise<Headers> => new Headers({ authorization: `Bearer ${await token()}` })
  return {
    getRequestHeaders: headersOf,
    async fetch(url: string, { method, headers, body, signal }: RequestInit): Promise<Response> {
      const all = new Headers(headers)
      for (const [name, value] of await headersOf()) all.set(name, value)
      return await fetch(url, { method, headers: all, body, signal, redirect: 'error' } as RequestInit)
    },
  }
}
