# Alerts on the database and on functions, each with its playbook. Google charges for each condition, so a kind of alert
# is one policy that groups by service. Alerts of a single slice are in its file, those of jobs in modules/scheduled.

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
      "compaction-age",
      "alerts-age",
      "audit-age",
      "monitoring-age",
      "backup",
    ] : name => "Playbook: ${var.playbook_base_url}/${name}.md"
  }

  # Fractions of 1, except slow_factor and errors_at_least. On the small machine a nearly full memory and bursts of the CPU are normal, and
  # without warm instances cold starts are a large part of its few requests.
  thresholds = {
    small    = { connections = 0.8, cpu = 0.9, memory = 0.95, disk = 0.8, slow_factor = 2, errors = 0.05, errors_at_least = 3 }
    standard = { connections = 0.8, cpu = 0.7, memory = 0.8, disk = 0.8, slow_factor = 1, errors = 0.05, errors_at_least = 5 }
    large    = { connections = 0.8, cpu = 0.7, memory = 0.8, disk = 0.8, slow_factor = 1, errors = 0.05, errors_at_least = 20 }
  }[var.tier]

  # Connections and deadlocks are counts.
  database_alerts = {
    connections = {
      title     = "connections above ${100 * local.thresholds.connections} % of ${local.plan.max_connections}"
      metric    = "postgresql/num_backends"
      threshold = local.thresholds.connections * local.plan.max_connections
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_SUM"
      duration  = "300s"
      severity  = "ERROR"
    }
    cpu = {
      title     = "CPU above ${100 * local.thresholds.cpu} %"
      metric    = "cpu/utilization"
      threshold = local.thresholds.cpu
      aligner   = "ALIGN_MEAN"
      reducer   = "REDUCE_MAX"
      duration  = "900s"
      severity  = "WARNING"
    }
    memory = {
      title     = "memory above ${100 * local.thresholds.memory} %"
      metric    = "memory/utilization"
      threshold = local.thresholds.memory
      aligner   = "ALIGN_MEAN"
      reducer   = "REDUCE_MAX"
      duration  = "900s"
      severity  = "WARNING"
    }
    disk = {
      title     = "disk above ${100 * local.thresholds.disk} %"
      metric    = "disk/utilization"
      threshold = local.thresholds.disk
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

  # The latency in ms above which a function is slow. A maintenance job is slow when its call takes most of its half hour;
  # the success of its runs is monitored by its age.
  slow = { for name, it in local.needs : name => it.operations ? 1500000 : it.slow_ms * local.thresholds.slow_factor }
  by_slow_ms = { for limit in distinct(values(local.slow)) : format("%07d", limit) => {
    limit    = limit
    services = sort([for name, own in local.slow : "${local.prefix}-${name}" if own == limit])
  } }

  every_service = join("|", sort([for name in keys(local.deployments) : "${local.prefix}-${name}"]))
  requests      = { for class in ["", ",response_code_class=\"5xx\""] : class => "sum by (service_name) (increase(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=~\"${local.every_service}\"${class}}[10m]))" }
  failed        = local.requests[",response_code_class=\"5xx\""]

  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.notification_emails

  project      = var.project_id
  display_name = "Penstock: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [terraform_data.apis]
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

resource "google_monitoring_alert_policy" "latency" {
  project               = var.project_id
  display_name          = "${local.prefix}: functions are slow"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.notification_channels

  dynamic "conditions" {
    for_each = local.by_slow_ms
    content {
      display_name = "p95 latency above ${conditions.value.limit} ms over 5 minutes, for 10 minutes"
      condition_threshold {
        filter          = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = one_of(${join(", ", [for name in conditions.value.services : "\"${name}\""])}) AND metric.type = \"run.googleapis.com/request_latencies\""
        comparison      = "COMPARISON_GT"
        threshold_value = conditions.value.limit
        duration        = "600s"
        aggregations {
          alignment_period     = "300s"
          per_series_aligner   = "ALIGN_DELTA"
          cross_series_reducer = "REDUCE_PERCENTILE_95"
          group_by_fields      = ["resource.label.service_name"]
        }
      }
    }
  }

  documentation {
    subject   = "$${resource.label.service_name} is slow"
    content   = local.playbooks["latency"]
    mime_type = "text/markdown"
  }

  depends_on = [terraform_data.apis]
}

# Both a share and a number of answers: one refused call of a job that runs every five minutes is not a fault of the suite.
resource "google_monitoring_alert_policy" "errors" {
  project               = var.project_id
  display_name          = "${local.prefix}: more than ${100 * local.thresholds.errors} % of a function's answers are 5xx"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.notification_channels

  conditions {
    display_name = "share of 5xx over 10 minutes, and at least ${local.thresholds.errors_at_least} of them"
    condition_prometheus_query_language {
      query               = "(${local.failed} / ${local.requests[""]} > ${local.thresholds.errors}) and ${local.failed} >= ${local.thresholds.errors_at_least}"
      duration            = "300s"
      evaluation_interval = "60s"
    }
  }

  documentation {
    subject   = "$${metric.label.service_name} fails"
    content   = local.playbooks["errors"]
    mime_type = "text/markdown"
  }

  depends_on = [terraform_data.apis]
}
