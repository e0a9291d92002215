// The resources of a plan that cost money, in the form of scripts/deploy/plan/resources.ts.
import type { Resources } from '../scripts/deploy/plan/resources.ts'
import type { Plan, PlannedResource } from './terraform-plan.ts'

type Values = PlannedResource['values']

/** Reads the resources that are priced from what Terraform plans. */
export function resourcesOfPlan({ resources }: Plan): Omit<Resources, 'machine'> & { readonly machine: string } {
  const of = (type: string): Values[] => resources.filter((it) => it.type === type).map(({ values }) => values)
  const databases = of('google_sql_database_instance').map(settingsOf)
  const [main] = databases.filter(({ disk_size: size }) => typeof size === 'number')
  const functions = of('google_cloudfunctions2_function').map((values) => ({
    name: String(values['name']).replace(/^penstock-/, ''),
    config: first(values['service_config']),
  }))
  return {
    machine: String(main?.['tier']),
    diskGib: Number(main?.['disk_size']),
    hasStandby: main?.['availability_type'] === 'REGIONAL',
    hasReplica: databases.length > 1,
    functions: functions.length,
    warm: functions
      .map(({ name, config }) => ({
        name,
        instances: Number(config['min_instance_count'] ?? 0),
        memoryGib: Number.parseInt(String(config['available_memory']), 10) / 1_024,
      }))
      .filter(({ instances }) => instances > 0),
    hasBalancer: of('google_compute_global_forwarding_rule').length > 0,
    redisGib: of('google_redis_instance').reduce((sum, values) => sum + Number(values['memory_size_gb']), 0),
    conditions: of('google_monitoring_alert_policy').reduce(
      (sum, values) => sum + list(values['conditions']).length,
      0,
    ),
    secretVersions: of('google_secret_manager_secret_version').length,
    jobs: of('google_cloud_scheduler_job').length,
  }
}

const list = (value: unknown): readonly Values[] => (Array.isArray(value) ? (value as Values[]) : [])
const first = (value: unknown): Values => list(value)[0] ?? {}
const settingsOf = (values: Values): Values => first(values['settings'])
