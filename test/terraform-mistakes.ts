// Mistakes that people make in these files, each with the rule that has to find it. None of them is found by `terraform validate`.

export interface Mistake {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly rule: string
  readonly variables?: Readonly<Record<string, unknown>>
  /** True when the files alone show it, without Terraform. */
  readonly isPlain?: true
}

const WAIT = '  depends_on = [terraform_data.dead_letters]\n'

export const mistakes: readonly Mistake[] = [
  {
    name: 'the build account reads gcf-v2-source-*',
    file: 'build.tf',
    from: '"gcf-v2-sources-',
    to: '"gcf-v2-source-',
    rule: 'build',
  },
  {
    name: 'the API of the peering is not enabled',
    file: 'services.tf',
    from: '    "servicenetworking.googleapis.com",\n',
    to: '',
    rule: 'api',
    isPlain: true,
  },
  {
    name: 'a metric is spelled the British way',
    file: 'alerts.tf',
    from: '"cpu/utilization"',
    to: '"cpu/utilisation"',
    rule: 'metric',
  },
  {
    name: 'the database does not wait for the peering',
    file: 'database.tf',
    from: '  depends_on = [google_service_networking_connection.services]\n',
    to: '',
    rule: 'order',
    isPlain: true,
  },
  {
    name: 'the admin job may look at secrets and not read them',
    file: 'admin.tf',
    from: 'roles/secretmanager.secretAccessor',
    to: 'roles/secretmanager.viewer',
    rule: 'secret',
  },
  {
    name: 'schedules sign as the push account',
    file: 'functions.tf',
    from: '    account  = local.scheduler_account',
    to: '    account  = local.push_account',
    rule: 'token',
  },
  {
    name: 'images are in another place than functions',
    file: 'build.tf',
    from: '  location      = var.region',
    to: '  location      = "us"',
    rule: 'location',
  },
  {
    name: 'Pub/Sub may use the push account and not sign as it',
    file: 'metrics_ingest_pubsub.tf',
    from: 'serviceAccountTokenCreator',
    to: 'serviceAccountUser',
    rule: 'agent',
  },
  {
    name: 'a scheduled call may take an hour',
    file: 'modules/scheduled/main.tf',
    from: '"${each.value.attempt_deadline_s}s"',
    to: '"3600s"',
    rule: 'limit',
    isPlain: true,
  },
  {
    name: 'IAM users cannot log in',
    file: 'database.tf',
    from: '"cloudsql.iam_authentication" = "on"',
    to: '"cloudsql.iam_authentication" = "off"',
    rule: 'flag',
  },

  {
    name: 'the right to push images has a condition that Artifact Registry does not know',
    file: 'build.tf',
    from: '  role    = "roles/storage.objectViewer"',
    to: '  role    = "roles/artifactregistry.writer"',
    rule: 'condition',
    isPlain: true,
  },
  {
    name: 'an alert does not wait for its metric',
    file: 'metrics_ingest_pubsub.tf',
    from: WAIT,
    to: '',
    rule: 'order',
    isPlain: true,
  },
  {
    name: 'nothing waits for APIs',
    file: 'secrets.tf',
    from: 'depends_on = [terraform_data.apis]',
    to: 'depends_on = []',
    rule: 'order',
    isPlain: true,
  },
  {
    name: 'a push may take longer than Pub/Sub waits',
    file: 'metrics_ingest_pubsub.tf',
    from: 'ack_deadline_seconds       = 60',
    to: 'ack_deadline_seconds       = 900',
    rule: 'limit',
    isPlain: true,
  },
  {
    name: 'a message is tried more often than is allowed',
    file: 'metrics_ingest_pubsub.tf',
    from: 'max_delivery_attempts = 100',
    to: 'max_delivery_attempts = 1000',
    rule: 'limit',
    isPlain: true,
  },
  {
    name: 'an alert names a label that is none',
    file: 'alerts.tf',
    from: 'response_code_class=',
    to: 'response_class=',
    rule: 'metric',
  },
  {
    name: 'a gauge is aligned as if it counted',
    file: 'alerts.tf',
    from: '"ALIGN_MAX"',
    to: '"ALIGN_DELTA"',
    rule: 'metric',
  },
  {
    name: 'a function does not wait for the right to its secrets',
    file: 'modules/function/main.tf',
    from: 'google_project_iam_member.database, google_secret_manager_secret_iam_member.this,',
    to: 'google_project_iam_member.database,',
    rule: 'order',
    isPlain: true,
  },
  {
    name: 'backups go with the instance',
    file: 'database.tf',
    from: 'retain_backups_on_delete = true',
    to: 'retain_backups_on_delete = false',
    rule: 'limit',
    isPlain: true,
  },
  {
    name: 'the load balancer speaks TLS 1.0',
    file: 'gateway.tf',
    from: '"TLS_1_2"',
    to: '"TLS_1_0"',
    rule: 'limit',
    isPlain: true,
  },
  {
    name: 'a service agent is granted before it exists',
    file: 'metrics_ingest_pubsub.tf',
    from: '[google_project_service_identity.pubsub]',
    to: '[]',
    rule: 'order',
  },
  {
    name: 'a machine of Enterprise Plus is asked for in Enterprise',
    file: 'database.tf',
    from: '? "ENTERPRISE_PLUS" :',
    to: '? "ENTERPRISE" :',
    rule: 'edition',
    variables: { database_machine: 'db-perf-optimized-N-2' },
  },
  {
    name: 'backups are beside the database',
    file: 'database.tf',
    from: 'location                       = var.backup_region',
    to: 'location                       = var.region',
    rule: 'location',
  },
  {
    name: 'pushes are for another audience',
    file: 'metrics_ingest_pubsub.tf',
    from: 'local.audiences["metrics-ingest-pubsub"]',
    to: 'local.audiences["metrics-ingest"]',
    rule: 'token',
  },
]
