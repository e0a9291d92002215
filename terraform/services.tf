# The APIs that the suite needs. They stay on when the suite goes: others in the project may use them.

resource "google_project_service" "apis" {
  for_each = toset(concat([
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudscheduler.googleapis.com",
    "compute.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
  ], var.redis_enabled ? ["redis.googleapis.com"] : [], var.bigquery_enabled ? ["bigquery.googleapis.com"] : []))

  project            = var.project_id
  service            = each.key
  disable_on_destroy = false
}
