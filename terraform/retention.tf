# Resources of retention only: the metric of failed policies, and the alert on it and on retention's age.

resource "google_logging_metric" "retention_failed" {
  project     = var.project_id
  name        = "${local.prefix}/retention_failed"
  description = "Policies that a run of the retention job could not finish"
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.functions[local.serving["retention"]].name}\" AND jsonPayload.message=\"retention.failed\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}

# Cloud Monitoring knows a new log-based metric after up to ten minutes, and refuses policies on it until then.
resource "terraform_data" "retention_failed" {
  provisioner "local-exec" {
    interpreter = ["node", "-e"]
    command     = "setTimeout(() => {}, ${1000 * var.settle_seconds.metrics})"
  }

  depends_on = [google_logging_metric.retention_failed]
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
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${module.jobs["retention"].age.name}\""
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

  depends_on = [terraform_data.retention_failed, module.jobs]
}
