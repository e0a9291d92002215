# The job restores a login that changed its own password or settings; this alert tells a person which login it was.
resource "google_monitoring_alert_policy" "role_changed" {
  project               = var.project_id
  display_name          = "${local.prefix}: a database login changed itself"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.notification_channels

  conditions {
    display_name = "a line partitions.role_changed"
    condition_matched_log {
      filter           = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.functions[local.serving["partitions"]].name}\" AND jsonPayload.message=\"partitions.role_changed\""
      label_extractors = { role = "EXTRACT(jsonPayload.role)" }
    }
  }

  alert_strategy {
    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    subject   = "A database login changed itself"
    content   = local.playbooks["partitions-age"]
    mime_type = "text/markdown"
  }
}
