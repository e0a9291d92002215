# Rolls up the hours that are over, and those that were written to since; every 5 minutes.

module "rollups" {
  source = "./modules/function"

  name          = "rollups"
  budget        = local.functions["rollups"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "rollups", 0)
  # A run begins nothing new after a minute, and a call may wait two for another.
  slow_ms = 240000
  environment = merge(lookup(var.function_settings, "rollups", {}), {
    OIDC_AUDIENCE = local.rollups_audience
    OIDC_EMAILS   = local.scheduler_account
  })
}

locals {
  rollups_audience = "penstock/${var.project_id}/rollups"
}

resource "google_cloud_scheduler_job" "rollups" {
  for_each = { for name, job in local.schedules : name => job if job.function == "rollups" }

  project          = var.project_id
  region           = var.region
  name             = "${local.prefix}-${each.key}"
  schedule         = each.value.cron
  time_zone        = each.value.time_zone
  attempt_deadline = "${each.value.attempt_deadline_s}s"

  retry_config {
    retry_count          = each.value.retry.count
    min_backoff_duration = "${each.value.retry.min_backoff_s}s"
    max_backoff_duration = "${each.value.retry.max_backoff_s}s"
    max_doublings        = each.value.retry.max_doublings
  }

  http_target {
    http_method = each.value.method
    uri         = "${module.rollups.uri}${each.value.path}"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode(each.value.body))

    oidc_token {
      service_account_email = local.scheduler_account
      audience              = local.rollups_audience
    }
  }
}

# Each run logs how long ago the last good one ended; the bounds are those that an alert or a person asks for.
resource "google_logging_metric" "rollups_age" {
  project         = var.project_id
  name            = "${local.prefix}/rollups_age"
  description     = "Seconds since the rollups job last succeeded, as the next run finds it"
  filter          = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.rollups.name}\" AND jsonPayload.message=\"rollups.age\""
  value_extractor = "EXTRACT(jsonPayload.age_s)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "s"
  }

  bucket_options {
    explicit_buckets {
      bounds = [0, 60, 300, 360, 600, 900, 1200, 1800, 3600, 7200, 21600, 86400]
    }
  }
}

resource "google_monitoring_alert_policy" "rollups_age" {
  project               = var.project_id
  display_name          = "${local.prefix}: roll-ups have not been computed for 30 minutes"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.notification_channels

  conditions {
    display_name = "runs fail: the last good one is 30 minutes old"
    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.rollups_age.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1800
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_PERCENTILE_95"
      }
    }
  }

  # A job that does not run at all logs nothing.
  conditions {
    display_name = "no run for 30 minutes"
    condition_absent {
      filter   = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.rollups_age.name}\""
      duration = "1800s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_COUNT"
      }
    }
  }

  documentation {
    subject   = "Roll-ups are not being computed"
    content   = local.playbooks["rollups-age"]
    mime_type = "text/markdown"
  }
}
