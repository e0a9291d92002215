# Two alerts that every function has: slow, and failing.

locals {
  service = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${local.full_name}\""
}

resource "google_monitoring_alert_policy" "latency" {
  project               = var.platform.project_id
  display_name          = "${local.full_name}: p95 latency above ${var.slow_ms} ms"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = var.platform.channels

  conditions {
    display_name = "p95 over 5 minutes, for 10 minutes"
    condition_threshold {
      filter          = "${local.service} AND metric.type = \"run.googleapis.com/request_latencies\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.slow_ms
      duration        = "600s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_PERCENTILE_95"
      }
    }
  }

  documentation {
    subject   = "${local.full_name} is slow"
    content   = "Playbook: ${var.platform.playbook_base}/latency.md"
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "errors" {
  project               = var.platform.project_id
  display_name          = "${local.full_name}: more than 5 % of answers are 5xx"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = var.platform.channels

  conditions {
    display_name = "share of 5xx over 5 minutes"
    condition_threshold {
      filter             = "${local.service} AND metric.type = \"run.googleapis.com/request_count\" AND metric.labels.response_code_class = \"5xx\""
      denominator_filter = "${local.service} AND metric.type = \"run.googleapis.com/request_count\""
      comparison         = "COMPARISON_GT"
      threshold_value    = 0.05
      duration           = "300s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
      denominator_aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    subject   = "${local.full_name} fails"
    content   = "Playbook: ${var.platform.playbook_base}/errors.md"
    mime_type = "text/markdown"
  }
}
