output "name" {
  description = "The name of the deployed function, and of its Cloud Run service."
  value       = google_cloudfunctions2_function.this.name
}

output "uri" {
  description = "The function's own URL, which ends in run.app."
  value       = google_cloudfunctions2_function.this.service_config[0].uri
}

output "account" {
  description = "The e-mail address of the account that the function runs as."
  value       = local.account
}

output "database_user" {
  description = "The IAM user that the function connects as, to which the admin job gives its role and its connection limit; null without a database."
  value       = one(google_sql_user.this[*].name)
}

output "connections" {
  description = "The most connections that the function opens."
  value       = local.on_budget * var.budget.pool
}

output "deployed" {
  description = "How the function is deployed, for tests and for whoever asks."
  value = {
    max_instances = google_cloudfunctions2_function.this.service_config[0].max_instance_count
    concurrency   = google_cloudfunctions2_function.this.service_config[0].max_instance_request_concurrency
    cpu           = google_cloudfunctions2_function.this.service_config[0].available_cpu
    ingress       = google_cloudfunctions2_function.this.service_config[0].ingress_settings
    settings      = nonsensitive(sort(keys(google_cloudfunctions2_function.this.service_config[0].environment_variables)))
    secrets       = sort(keys(var.secrets))
    roles         = sort(keys(google_project_iam_member.database))
    invoker       = google_cloud_run_v2_service_iam_member.public.member
  }
}

output "trusted" {
  description = "Whose ID tokens the function takes; null where it takes none."
  value = try({
    audience = google_cloudfunctions2_function.this.service_config[0].environment_variables["OIDC_AUDIENCE"]
    emails   = google_cloudfunctions2_function.this.service_config[0].environment_variables["OIDC_EMAILS"]
  }, null)
}
