# Alerts on the database, and which playbook each alert names. Those of one function are in its file or in the module.

locals {
  playbooks = {
    for name in [
      "connections",
      "cpu",
      "memory",
      "disk",
      "deadlocks",
      "latency",
      "errors",
      "dead-letters",
      "partitions-age",
      "retention",
      "rollups-age",
      "compaction-age",
    ] : name => "Playbook: ${var.playbook_base_url}/${name}.md"
  }

  # Thresholds are shares of one, but connections and deadlocks, which are counts.
  database_alerts = {
    connections = {
      title     = "connections above 80 % of ${local.plan.max_connections}"
      metric    = "postgresql/num_backends"
      threshold = 0.8 * local.plan.max_connections
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_SUM"
      duration  = "300s"
      severity  = "ERROR"
    }
    cpu = {
      title     = "CPU above 70 %"
      metric    = "cpu/utilization"
      threshold = 0.7
      aligner   = "ALIGN_MEAN"
      reducer   = "REDUCE_MAX"
      duration  = "900s"
      severity  = "WARNING"
    }
    memory = {
      title     = "memory above 80 %"
      metric    = "memory/utilization"
      threshold = 0.8
      aligner   = "ALIGN_MEAN"
      reducer   = "REDUCE_MAX"
      duration  = "900s"
      severity  = "WARNING"
    }
    disk = {
      title     = "disk above 80 %"
      metric    = "disk/utilization"
      threshold = 0.8
      aligner   = "ALIGN_MEAN"
      reducer   = "REDUCE_MAX"
      duration  = "900s"
      severity  = "ERROR"
    }
    deadlocks = {
      title     = "deadlocks"
      metric    = "postgresql/deadlock_count"
      threshold = 0
      aligner   = "ALIGN_DELTA"
      reducer   = "REDUCE_SUM"
      duration  = "0s"
      severity  = "WARNING"
    }
  }

  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.notification_emails

  project      = var.project_id
  display_name = "Penstock: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.apis]
}

resource "google_monitoring_alert_policy" "database" {
  for_each = local.database_alerts

  project               = var.project_id
  display_name          = "${google_sql_database_instance.main.name}: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.notification_channels

  conditions {
    display_name = each.value.title
    condition_threshold {
      filter          = "resource.type = \"cloudsql_database\" AND resource.labels.database_id = \"${var.project_id}:${google_sql_database_instance.main.name}\" AND metric.type = \"cloudsql.googleapis.com/database/${each.value.metric}\""
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
      }
    }
  }

  documentation {
    subject   = "Database: ${each.value.title}"
    content   = local.playbooks[each.key]
    mime_type = "text/markdown"
  }
}
