# Archives what is old, expires what is cold, deletes what nobody needs; daily at 02:00 UTC.

module "retention" {
  source = "./modules/function"

  name          = "retention"
  budget        = local.functions["retention"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "retention", 0)
  # A run begins nothing new after 20 minutes, and a call may wait a minute for another.
  slow_ms = 1400000
  environment = merge(lookup(var.function_settings, "retention", {}), {
    ARCHIVE_BUCKET = google_storage_bucket.archive.name
    COLD_DAYS      = tostring(var.cold_days)
    RUN_SECONDS    = "1200"
    OIDC_AUDIENCE  = local.retention_audience
    OIDC_EMAILS    = local.scheduler_account
  })
}

locals {
  retention_audience = "penstock/${var.project_id}/retention"
}

# It writes objects, reads them back, holds, releases and removes them.
resource "google_storage_bucket_iam_member" "retention" {
  bucket = google_storage_bucket.archive.name
  role   = "roles/storage.objectUser"
  member = "serviceAccount:${module.retention.account}"
}

# How long ago the last good run ended is logged by the partitions job, every five minutes: a daily job that does not run at all says
# nothing itself, and an alert waits for what is absent for 23.5 hours at most.
module "retention_job" {
  source = "./modules/scheduled"

  name      = "retention"
  schedules = local.schedules
  platform  = local.platform
  call = {
    uri      = module.retention.uri
    audience = local.retention_audience
    account  = local.scheduler_account
  }
  age = {
    service = module.partitions.name
    bounds  = [0, 3600, 21600, 43200, 86400, 93600, 100800, 172800, 345600, 604800]
  }
}

resource "google_logging_metric" "retention_failed" {
  project     = var.project_id
  name        = "${local.prefix}/retention_failed"
  description = "Policies that a run of the retention job could not finish"
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.retention.name}\" AND jsonPayload.message=\"retention.failed\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}

resource "google_monitoring_alert_policy" "retention" {
  project               = var.project_id
  display_name          = "${local.prefix}: old data is not being archived"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.notification_channels

  conditions {
    display_name = "the last good run is 26 hours old"
    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${module.retention_job.age.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 93600
      duration        = "0s"
      aggregations {
        alignment_period     = "600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_PERCENTILE_95"
      }
    }
  }

  conditions {
    display_name = "a policy failed"
    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.retention_failed.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    subject   = "Old data is not being archived"
    content   = local.playbooks["retention"]
    mime_type = "text/markdown"
  }
}
