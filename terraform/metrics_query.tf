# Answers ranges, aggregates, series.

module "metrics_query" {
  source = "./modules/function"

  name          = "metrics-query"
  budget        = local.functions["metrics-query"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "metrics-query", 0)
  environment = merge(lookup(var.function_settings, "metrics-query", {}), local.cache_environment, {
    ARCHIVE_BUCKET = google_storage_bucket.archive.name
  })
  # An aggregate over a year is no fault.
  slow_ms = 5000

  secrets = {
    CURSOR_KEY = {
      secret_id = google_secret_manager_secret.cursor_key.secret_id
      version   = google_secret_manager_secret_version.cursor_key.version
    }
    POINT_ID_KEY = local.point_id
  }
}

# It reads the objects of archived months.
resource "google_storage_bucket_iam_member" "metrics_query" {
  bucket = google_storage_bucket.archive.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${module.metrics_query.account}"
}
