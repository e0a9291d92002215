# Makes months, moves deferred points in, audits; every 5 minutes.

module "partitions" {
  source = "./modules/function"

  name          = "partitions"
  budget        = local.functions["partitions"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "partitions", 0)
  # A run begins nothing new after 20 s, and a call may wait a minute for another.
  slow_ms = 90000
  environment = merge(lookup(var.function_settings, "partitions", {}), {
    OIDC_AUDIENCE = local.partitions_audience
    OIDC_EMAILS   = local.scheduler_account
  })
}

locals {
  partitions_audience = "penstock/${var.project_id}/partitions"
}

module "partitions_job" {
  source = "./modules/scheduled"

  name      = "partitions"
  schedules = local.schedules
  platform  = local.platform
  call = {
    uri      = module.partitions.uri
    audience = local.partitions_audience
    account  = local.scheduler_account
  }
  age = {
    service = module.partitions.name
    bounds  = [0, 60, 300, 360, 600, 900, 1200, 1800, 3600, 7200, 21600, 86400]
  }
  late = {
    after_s  = 1800
    title    = "partitions have not been made for 30 minutes"
    subject  = "Partitions are not being made"
    playbook = local.playbooks["partitions-age"]
  }
}

# A login that changed its own password or settings is set back by the job; a person should know who it was.
resource "google_monitoring_alert_policy" "role_changed" {
  project               = var.project_id
  display_name          = "${local.prefix}: a database login changed itself"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.notification_channels

  conditions {
    display_name = "a line partitions.role_changed"
    condition_matched_log {
      filter           = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.partitions.name}\" AND jsonPayload.message=\"partitions.role_changed\""
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
