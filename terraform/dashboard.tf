# A dashboard with the state of the suite on one page.

locals {
  of_functions = "resource.type=\"cloud_run_revision\" resource.labels.service_name=monitoring.regex.full_match(\"${local.prefix}-.*\")"
  of_database  = "resource.type=\"cloudsql_database\" resource.labels.database_id=\"${var.project_id}:${google_sql_database_instance.main.name}\""

  by_service = ["resource.labels.service_name"]
  charts = [
    { title = "Requests a second", filter = "${local.of_functions} metric.type=\"run.googleapis.com/request_count\"", aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", by = local.by_service, line = null },
    { title = "5xx a second", filter = "${local.of_functions} metric.type=\"run.googleapis.com/request_count\" metric.labels.response_code_class=\"5xx\"", aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", by = local.by_service, line = null },
    { title = "p95 latency (ms)", filter = "${local.of_functions} metric.type=\"run.googleapis.com/request_latencies\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_PERCENTILE_95", by = local.by_service, line = null },
    { title = "Instances", filter = "${local.of_functions} metric.type=\"run.googleapis.com/container/instance_count\"", aligner = "ALIGN_MAX", reducer = "REDUCE_SUM", by = local.by_service, line = null },
    { title = "Database connections", filter = "${local.of_database} metric.type=\"cloudsql.googleapis.com/database/postgresql/num_backends\"", aligner = "ALIGN_MAX", reducer = "REDUCE_SUM", by = [], line = local.plan.max_connections },
    { title = "Database CPU", filter = "${local.of_database} metric.type=\"cloudsql.googleapis.com/database/cpu/utilization\"", aligner = "ALIGN_MEAN", reducer = "REDUCE_MAX", by = [], line = local.thresholds.cpu },
    { title = "Database memory", filter = "${local.of_database} metric.type=\"cloudsql.googleapis.com/database/memory/utilization\"", aligner = "ALIGN_MEAN", reducer = "REDUCE_MAX", by = [], line = local.thresholds.memory },
    { title = "Database disk", filter = "${local.of_database} metric.type=\"cloudsql.googleapis.com/database/disk/utilization\"", aligner = "ALIGN_MEAN", reducer = "REDUCE_MAX", by = [], line = local.thresholds.disk },
    { title = "Messages waiting, by subscription", filter = "resource.type=\"pubsub_subscription\" resource.labels.subscription_id=monitoring.regex.full_match(\"${local.prefix}-.*\") metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\"", aligner = "ALIGN_MAX", reducer = "REDUCE_SUM", by = ["resource.labels.subscription_id"], line = null },
    { title = "Seconds since partitions were made", filter = "resource.type=\"cloud_run_revision\" metric.type=\"logging.googleapis.com/user/${module.jobs["partitions"].age.name}\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_PERCENTILE_95", by = [], line = 1800 },
    { title = "Seconds since retention succeeded", filter = "resource.type=\"cloud_run_revision\" metric.type=\"logging.googleapis.com/user/${module.jobs["retention"].age.name}\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_PERCENTILE_95", by = [], line = 93600 },
  ]
}

resource "google_monitoring_dashboard" "suite" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "Penstock (${local.prefix})"
    mosaicLayout = {
      columns = 12
      # The API omits a position of 0, and every plan would set it again.
      tiles = [for index, chart in local.charts : merge({
        for name, position in { xPos = 6 * (index % 2), yPos = 4 * floor(index / 2) } : name => position if position != 0
        }, {
        width  = 6
        height = 4
        widget = {
          title = chart.title
          xyChart = {
            dataSets = [{
              plotType = "LINE"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter = chart.filter
                  aggregation = {
                    alignmentPeriod    = "60s"
                    perSeriesAligner   = chart.aligner
                    crossSeriesReducer = chart.reducer
                    groupByFields      = chart.by
                  }
                }
              }
            }]
            thresholds = chart.line == null ? [] : [{ value = chart.line }]
          }
        }
      })]
    }
  })

  depends_on = [terraform_data.apis]
}
