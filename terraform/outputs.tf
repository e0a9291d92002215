output "urls" {
  description = "Each function's own URL."
  value       = { for name, it in module.functions : name => it.uri }
}

output "functions" {
  description = "The deployed settings of each function."
  value       = { for name, it in module.functions : name => it.deployed }
}

output "trusted" {
  description = "The ID tokens that each function accepts: audience and accounts, from its settings."
  value       = { for name, it in module.functions : name => it.trusted }
}

output "function_users" {
  description = "The database user of each function: the admin job's FUNCTION_USERS."
  value       = local.function_users
}

output "budget" {
  description = "Connections: how many the functions may open, how many are available to them, and the database's maximum."
  value = {
    tier            = var.tier
    spent           = local.spent
    available       = local.available
    max_connections = local.plan.max_connections
    by_function     = local.connections
  }
}

output "database" {
  description = "The database's instance and its properties."
  value = {
    instance          = google_sql_database_instance.main.name
    connection_name   = google_sql_database_instance.main.connection_name
    machine           = google_sql_database_instance.main.settings[0].tier
    high_availability = google_sql_database_instance.main.settings[0].availability_type == "REGIONAL"
    replicas          = length(google_sql_database_instance.replica)
    public_address    = google_sql_database_instance.main.settings[0].ip_configuration[0].ipv4_enabled
  }
}

output "topic" {
  description = "The topic to which producers publish points."
  value       = google_pubsub_topic.metrics.id
}

output "gateway" {
  description = "The base URL of all functions, and the IP address that its domain must point to; null without a load balancer."
  value       = local.gateway ? { url = "https://${var.gateway_domain}", address = google_compute_global_address.gateway[0].address } : null
}

output "admin" {
  description = "The admin job, and the repository to which its image is pushed."
  value = {
    job        = google_cloud_run_v2_job.admin.name
    repository = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
    account    = google_service_account.build.account_id
  }
}

output "key_secrets" {
  description = "Secrets that the admin job can write a new API key to."
  value       = sort([for secret in google_secret_manager_secret.keys : secret.secret_id])
}

output "buckets" {
  description = "The buckets' names."
  value = {
    archive = google_storage_bucket.archive.name
    bundles = google_storage_bucket.bundles.name
  }
}

output "redis_url" {
  description = "The address of Redis; null when there is none."
  value       = local.redis_url
}
