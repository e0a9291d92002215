// The wiring of monitoring, nothing else.
import { defineSlice } from '@penstock/shared/slice/define-slice.ts'
import { configOf, settings } from './config.ts'
import { routes } from './contract.ts'
import { openCloudMonitoring } from './outlets/cloud-monitoring.ts'
import { openTopic } from './outlets/topic.ts'
import { handlersOf } from './replies.ts'

export default defineSlice({
  name: 'monitoring',
  routes,
  // Maintenance, although no table of it has rows of a tenant: a deployment serves slices that see every tenant, or none of them.
  runtime: { timeout_s: 60, memory_mib: 512, concurrency: 16, connections: 1, maintenance: true, monitor: true },
  settings,
  open({ settings: given, ...deps }) {
    const { waitMs, limits, topic, pointMinutes, ...config } = configOf(given)
    const { inCloud, project } = deps.platform
    const { metadataHost, instance, monitoringEndpoint, pubsubEndpoint } = config
    // On a laptop nothing is published unless an address says where to.
    const publishes = project !== undefined && (inCloud || monitoringEndpoint !== undefined)
    const service = { project: project ?? '', endpoint: monitoringEndpoint, metadataHost, instance, now: deps.now }
    const cloudMonitoring = publishes ? openCloudMonitoring(service) : undefined
    const place = { endpoint: pubsubEndpoint, metadataHost, now: deps.now }
    const opened = topic === undefined ? undefined : openTopic({ name: topic, ...place })
    const readsInstance = instance !== undefined
    return handlersOf({ ...deps, limits, cloudMonitoring, topic: opened, pointMinutes, readsInstance }, waitMs)
  },
})
