# The APIs that the suite needs. They remain enabled when the suite is destroyed, because others in the project may use them.

locals {
  apis = toset(concat([
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "compute.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "serviceusage.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
  ], var.redis_enabled ? ["redis.googleapis.com"] : [], var.bigquery_enabled ? ["bigquery.googleapis.com"] : []))
}

resource "google_project_service" "apis" {
  for_each = local.apis

  project            = var.project_id
  service            = each.key
  disable_on_destroy = false
}

# An API that was enabled a moment ago still answers 403 "has not been used in project … before" for up to a minute.
# Everything that a service makes depends on this wait; a service that is enabled later gets a wait of its own.
resource "terraform_data" "apis" {
  for_each = toset(concat(["required", "kms"], var.redis_enabled ? ["redis"] : [], var.bigquery_enabled ? ["bigquery"] : []))

  provisioner "local-exec" {
    interpreter = ["node", "-e"]
    command     = "setTimeout(() => {}, ${1000 * var.settle_seconds.apis})"
  }

  depends_on = [google_project_service.apis]
}

# Pub/Sub's service agent exists only after its first use, and nothing can be granted to an account that does not exist.
# https://cloud.google.com/iam/docs/create-service-agents
resource "google_project_service_identity" "pubsub" {
  provider = google-beta

  project = var.project_id
  service = "pubsub.googleapis.com"

  depends_on = [terraform_data.apis]
}
