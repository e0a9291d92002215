// Cloud Scheduler by its own client, over REST, because a few jobs do not need gRPC.
import { CloudSchedulerClient } from '@google-cloud/scheduler'
import type { TokenSource } from '../google/token.ts'
import type { CloudJob } from './cloud-job.ts'

export interface SchedulerApi {
  /** Lists every job of a location, over all pages. */
  list(parent: string): Promise<readonly CloudJob[]>
  create(parent: string, job: CloudJob): Promise<void>
  /** Replaces the fields that are sent; a paused job stays paused. */
  update(job: CloudJob): Promise<void>
  remove(name: string): Promise<void>
  pause(name: string): Promise<void>
  resume(name: string): Promise<void>
  /** Starts the job now, whatever its schedule; resolves before the job has ended. */
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

/** Opens the client, which connects with the first call. It does not throw itself: each call throws the service's error. */
export function openScheduler(token: TokenSource, endpoint?: SchedulerEndpoint): SchedulerApi {
  const client = new CloudSchedulerClient({ fallback: true, auth: bearer(token), ...endpoint } as Options)
  return {
    // The client's iterator fetches the following pages by itself.
    list: async (parent) => (await client.listJobs({ parent }, CALL))[0],
    create: async (parent, job) => void (await client.createJob({ parent, job }, CALL)),
    update: async (job) => void (await client.updateJob({ job, updateMask: { paths: WRITTEN } }, CALL)),
    remove: async (name) => void (await client.deleteJob({ name }, CALL)),
    pause: async (name) => void (await client.pauseJob({ name }, CALL)),
    resume: async (name) => void (await client.resumeJob({ name }, CALL)),
    run: async (name) => void (await client.runJob({ name }, CALL)),
  }
}

/** Everything that the client's REST transport uses of its `auth`: google-gax/build/src/fallbackServiceStub.js calls only `fetch`. */
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
