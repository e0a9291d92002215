# What is not kept, and what is kept long.

locals {
  services = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^${local.prefix}-\""
}

# The platform writes a line for each request; ours say more, of what failed or was slow and of one in a hundred.
resource "google_logging_project_sink" "default" {
  count = var.manage_default_log_sink ? 1 : 0

  project                = var.project_id
  name                   = "_Default"
  destination            = "logging.googleapis.com/projects/${var.project_id}/locations/global/buckets/_Default"
  filter                 = "NOT LOG_ID(\"cloudaudit.googleapis.com/activity\") AND NOT LOG_ID(\"externalaudit.googleapis.com/activity\") AND NOT LOG_ID(\"cloudaudit.googleapis.com/system_event\") AND NOT LOG_ID(\"externalaudit.googleapis.com/system_event\") AND NOT LOG_ID(\"cloudaudit.googleapis.com/access_transparency\") AND NOT LOG_ID(\"externalaudit.googleapis.com/access_transparency\")"
  unique_writer_identity = true

  exclusions {
    name        = "${local.prefix}-routine-requests"
    description = "Successful requests of the suite's functions"
    filter      = "${local.services} AND LOG_ID(\"run.googleapis.com/requests\") AND httpRequest.status>=200 AND httpRequest.status<300"
  }

  depends_on = [google_project_service.apis]
}

resource "google_logging_project_bucket_config" "audit" {
  project        = var.project_id
  location       = var.region
  bucket_id      = "${local.prefix}-audit"
  description    = "Who changed what: Google's audit logs and the suite's own audit lines"
  retention_days = 400

  depends_on = [google_project_service.apis]
}

resource "google_logging_project_sink" "audit" {
  project                = var.project_id
  name                   = "${local.prefix}-audit"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.audit.id}"
  filter                 = "logName:\"cloudaudit.googleapis.com\" OR (${local.services} AND (jsonPayload.message=~\"^audit\\.\" OR jsonPayload.message=~\"^(partitions|retention|rollups|compaction)\\.run$\")) OR (resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"${local.admin_name}\")"
  unique_writer_identity = true
}

# Whoever reads a secret, or an object of the archive, is written down.
resource "google_project_iam_audit_config" "reads" {
  for_each = toset(["secretmanager.googleapis.com"])

  project = var.project_id
  service = each.key

  audit_log_config {
    log_type = "DATA_READ"
  }
}
