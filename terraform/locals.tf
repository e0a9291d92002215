# The deployments with their budget, the one list of schedules, the one route table; and what every function is told.

locals {
  root   = "${path.module}/.."
  prefix = var.name_prefix

  budget    = jsondecode(file(coalesce(var.budget_file, "${local.root}/shared/deployments.json")))
  schedules = jsondecode(file("${local.root}/scripts/deploy/schedules.json"))
  routes    = jsondecode(file("${path.module}/routes.json"))[var.tier]

  plan = local.budget.tiers[var.tier]

  # Deployments of another grouping that still run: one instance each, until `migrate retire` has taken their connections.
  every   = merge([for tier in values(local.budget.tiers) : tier.deployments]...)
  leaving = { for name in var.leaving : name => merge(local.every[name], { instances = 1 }) if !contains(keys(local.plan.deployments), name) }

  functions = merge(local.plan.deployments, local.leaving)

  # Connections of each function at its maximum, of all functions and readers together, and the number that the tier has for them.
  connections = { for name, it in local.plan.deployments : name => it.instances * it.pool }
  spent       = sum(values(local.connections)) + local.plan.readers
  available   = local.plan.max_connections - local.plan.reserved
  largest     = [for name, count in local.connections : name if count == max(values(local.connections)...)][0]

  bundles_dir = coalesce(var.bundles_dir, "${local.root}/dist")
  # Written by `npm run build`; without it the plan of a function fails with a message.
  bundles = try(jsondecode(file("${local.bundles_dir}/manifest.json")), {})

  account_domain = "${var.project_id}.iam.gserviceaccount.com"
  pubsub_agent   = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  gateway        = var.gateway_domain != null

  # One object for all functions, so that a function's file holds only its own settings.
  platform = {
    project_id = var.project_id
    region     = var.region
    prefix     = local.prefix
    labels     = var.labels
    tier       = var.tier

    build_account     = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.images.id
    bundles_bucket    = google_storage_bucket.bundles.name
    bundles_dir       = local.bundles_dir
    bundles           = local.bundles

    network    = google_compute_network.this.name
    subnetwork = google_compute_subnetwork.functions.name
    # Behind a load balancer no other traffic from outside is admitted. Pub/Sub and Scheduler of this project count as internal, on the
    # URL ending in run.app: https://cloud.google.com/run/docs/securing/ingress
    ingress = local.gateway ? "ALLOW_INTERNAL_AND_GCLB" : "ALLOW_ALL"

    database = {
      access          = var.database_access
      instance        = google_sql_database_instance.main.name
      connection_name = google_sql_database_instance.main.connection_name
      address         = google_sql_database_instance.main.private_ip_address
      name            = google_sql_database.penstock.name
      ca              = local.database_ca
    }

    # A null setting is not set.
    environment = { for name, value in {
      PENSTOCK_TIER = var.tier
      CORS_ORIGINS  = join(",", var.cors_origins)
      # Cloud Run appends the client's address to X-Forwarded-For; a load balancer appends the client's and its own, and Cloud Run
      # then leaves the header alone: https://cloud.google.com/load-balancing/docs/https#x-forwarded-for_header
      TRUSTED_HOPS      = local.gateway ? "2" : "1"
      USER_ISSUER       = try(var.users.issuer, null)
      USER_AUDIENCE     = try(var.users.audience, null)
      USER_JWKS_URL     = try(var.users.jwks_url, null)
      USER_TENANT_CLAIM = try(var.users.tenant_claim, null)
    } : name => value if value != null }
    # Every function verifies API keys, with two checksum keys during a rotation.
    secrets = merge(
      { KEY_CHECKSUM_KEY = local.key_checksum_keys[0] },
      length(local.key_checksum_keys) > 1 ? { KEY_CHECKSUM_KEY_OLD = local.key_checksum_keys[1] } : {},
    )
    channels       = local.notification_channels
    settle_seconds = var.settle_seconds
  }
}

data "google_project" "this" {
  project_id = var.project_id
}
