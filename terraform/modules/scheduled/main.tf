# A job that Cloud Scheduler calls: its schedules, the metric of its last success's age, and the alert on it.

locals {
  project_id = var.platform.project_id
  of_age     = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.age.name}\""
}

resource "google_cloud_scheduler_job" "this" {
  for_each = { for name, job in var.schedules : name => job if job.function == var.name }

  project          = local.project_id
  region           = var.platform.region
  name             = "${var.platform.prefix}-${each.key}"
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
    uri         = "${var.call.uri}${each.value.path}"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode(each.value.body))

    oidc_token {
      service_account_email = var.call.account
      audience              = var.call.audience
    }
  }
}

resource "google_logging_metric" "age" {
  project         = local.project_id
  name            = "${var.platform.prefix}/${var.name}_age"
  description     = "Seconds since the ${var.name} job last succeeded"
  filter          = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.age.service}\" AND jsonPayload.message=\"${var.name}.age\""
  value_extractor = "EXTRACT(jsonPayload.age_s)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "s"
  }

  bucket_options {
    explicit_buckets {
      bounds = var.age.bounds
    }
  }
}

# Cloud Monitoring knows a new log-based metric after up to ten minutes, and answers policies on it with 404 until then.
# https://github.com/hashicorp/terraform-provider-google/issues/11102
resource "terraform_data" "age" {
  provisioner "local-exec" {
    interpreter = ["node", "-e"]
    command     = "setTimeout(() => {}, ${1000 * var.platform.settle_seconds.metrics})"
  }

  depends_on = [google_logging_metric.age]
}

resource "google_monitoring_alert_policy" "late" {
  count = var.late == null ? 0 : 1

  project               = local.project_id
  display_name          = "${var.platform.prefix}: ${var.late.title}"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = var.platform.channels

  conditions {
    display_name = "runs fail: the last good one is ${var.late.after_s / 60} minutes old"
    condition_threshold {
      filter          = local.of_age
      comparison      = "COMPARISON_GT"
      threshold_value = var.late.after_s
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_PERCENTILE_95"
      }
    }
  }

  # A job that does not run logs nothing, so the absence of the metric is an alert too.
  conditions {
    display_name = "no run for ${var.late.after_s / 60} minutes"
    condition_absent {
      filter   = local.of_age
      duration = "${var.late.after_s}s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_COUNT"
      }
    }
  }

  documentation {
    subject   = var.late.subject
    content   = var.late.playbook
    mime_type = "text/markdown"
  }

  depends_on = [terraform_data.age]
}
