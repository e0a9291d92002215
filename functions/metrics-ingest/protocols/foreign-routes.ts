// The routes of third-party protocols: each has its own decoder and answers, and shares the write path of all points.
import type { Call, Handlers, Reply, Service } from '@penstock/shared/http/service.ts'
import { parseUnhurried } from '@penstock/shared/http/validation.ts'
import { requestArrival } from '../arrival.ts'
import { routes } from '../contract.ts'
import type { IngestDeps } from '../deps.ts'
import { ingestForeign } from './foreign.ts'
import { bucketOf, databaseOf, type LineDatabase } from './influx-database.ts'
import { pingReply, statementIn, statementReply } from './influx-handshake.ts'
import { influxFailure, influxReply } from './influx-reply.ts'
import { decodeLines } from './line-protocol.ts'
import { decodeOtlpObject } from './otlp/json.ts'
import { decodeOtlpProtobuf } from './otlp/protobuf.ts'
import { isOtlpJson, otlpFailure, otlpReply } from './otlp/reply.ts'
import { decodeRemoteWrite } from './remote-write.ts'
import { checkRemoteWrite, remoteWriteFailure, remoteWriteReply } from './remote-write-reply.ts'

type ForeignRoutes = Pick<
  typeof routes,
  'otlp' | 'influxV2' | 'influxV1' | 'ping' | 'influxStatement' | 'influxQuestion' | 'remoteWrite'
>

/** The query parameters of both versions of InfluxDB's interface. */
type InfluxCall = Pick<Call<ForeignRoutes['influxV1'] | ForeignRoutes['influxV2']>, 'caller' | 'query' | 'bytes'>

/** Returns the handlers of third-party protocols. Safe to repeat when the sent points have timestamps. */
export function foreignHandlers(deps: IngestDeps): Handlers<ForeignRoutes> {
  const influx = async ({ caller, query, bytes }: InfluxCall, { labels, ignored }: LineDatabase): Promise<Reply> => {
    const decoded = await ingestForeign(deps, caller.tenant, requestArrival(deps), (context) =>
      decodeLines(context, bytes, query.precision, { labels }),
    )
    return influxReply(decoded, ignored)
  }
  return {
    async otlp({ caller, headers, bytes }) {
      const json = isOtlpJson(headers['content-type'])
      const request = json ? await parseUnhurried(bytes) : undefined
      const decoded = await ingestForeign(deps, caller.tenant, requestArrival(deps), (context) =>
        json ? decodeOtlpObject(context, request) : decodeOtlpProtobuf(context, bytes),
      )
      return otlpReply(json, decoded)
    },
    influxV2: async (call) => await influx(call, bucketOf(call.query)),
    influxV1: async (call) => await influx(call, databaseOf(call.query)),
    ping: async ({ query }) => pingReply(query.verbose),
    influxStatement: async ({ query, headers, bytes }) => statementReply(statementIn(query.q, headers, bytes)),
    influxQuestion: async ({ query }) => statementReply(query.q ?? ''),
    async remoteWrite({ caller, headers, bytes }) {
      checkRemoteWrite(headers['content-type'])
      const decode = (context: Parameters<typeof decodeRemoteWrite>[0]) => decodeRemoteWrite(context, bytes)
      return remoteWriteReply(await ingestForeign(deps, caller.tenant, requestArrival(deps), decode))
    },
  }
}

/** Returns a failure of a third-party route in that protocol's form; undefined for our own routes. */
export const foreignFailure: NonNullable<Service<typeof routes>['failure']> = (problem, { path }, headers) => {
  switch (path) {
    case routes.otlp.path:
      return otlpFailure(isOtlpJson(headers['content-type']), problem)
    case routes.influxV1.path:
    case routes.influxV2.path:
    case routes.influxStatement.path:
      return influxFailure(problem)
    case routes.remoteWrite.path:
      return remoteWriteFailure(problem)
    default:
      return undefined
  }
}
