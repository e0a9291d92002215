# Logs that are excluded, and logs that are retained for long.

locals {
  services = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^${local.prefix}-\""
}

# The platform writes a line for each request. Our own lines are for failed and slow requests and one in a hundred others, with more detail.
resource "google_logging_project_sink" "default" {
  count = var.manage_default_log_sink ? 1 : 0

  project                = var.project_id
  name                   = "_Default"
  destination            = "logging.googleapis.com/projects/${var.project_id}/locations/global/buckets/_Default"
  filter                 = "NOT LOG_ID(\"cloudaudit.googleapis.com/activity\") AND NOT LOG_ID(\"externalaudit.googleapis.com/activity\") AND NOT LOG_ID(\"cloudaudit.googleapis.com/system_event\") AND NOT LOG_ID(\"externalaudit.googleapis.com/system_event\") AND NOT LOG_ID(\"cloudaudit.googleapis.com/access_transparency\") AND NOT LOG_ID(\"externalaudit.googleapis.com/access_transparency\")"
  unique_writer_identity = true

  exclusions {
    name        = "${local.prefix}-routine-requests"
    description = "Successful requests of the suite's functions"
    filter      = "${local.services} AND LOG_ID(\"run.googleapis.com/requests\") AND httpRequest.status>=200 AND httpRequest.status<300"
  }

  # The platform logs whole URLs, and our functions never do. Some InfluxDB clients send their key as ?p=.
  exclusions {
    name        = "${local.prefix}-keys-in-urls"
    description = "Requests whose URL, referrer or user agent holds an API key of the suite"
    filter      = "(LOG_ID(\"run.googleapis.com/requests\") OR LOG_ID(\"requests\")) AND (${join(" OR ", [for field in ["requestUrl", "userAgent", "referer"] : "httpRequest.${field}=~\"pk[0-9]*(_|%5[Ff])\""])})"
  }

  # The load balancer writes a line for each request too; only requests that Cloud Armor refused are missing in the functions' own lines.
  dynamic "exclusions" {
    for_each = local.gateway ? ["gateway-requests"] : []
    content {
      name        = "${local.prefix}-${exclusions.value}"
      description = "Requests that the load balancer passed on"
      filter      = "resource.type=\"http_load_balancer\" AND resource.labels.forwarding_rule_name=\"${local.prefix}-gateway\" AND NOT jsonPayload.statusDetails=\"denied_by_security_policy\""
    }
  }

  depends_on = [terraform_data.apis]
}

resource "google_logging_project_bucket_config" "audit" {
  project        = var.project_id
  location       = var.region
  bucket_id      = "${local.prefix}-audit"
  description    = "All changes: Google's audit logs and the suite's own audit lines"
  retention_days = 400

  depends_on = [terraform_data.apis]
}

resource "google_logging_project_sink" "audit" {
  project                = var.project_id
  name                   = "${local.prefix}-audit"
  destination            = "logging.googleapis.com/${google_logging_project_bucket_config.audit.id}"
  filter                 = "logName:\"cloudaudit.googleapis.com\" OR (${local.services} AND (jsonPayload.message=~\"^audit\\.\" OR jsonPayload.message=~\"^(partitions|retention|compaction)\\.run$\")) OR (resource.type=\"cloud_run_job\" AND resource.labels.job_name=\"${local.admin_name}\")"
  unique_writer_identity = true
}

# Records who reads a secret, and who reads, writes or deletes an object of the archive.
resource "google_project_iam_audit_config" "reads" {
  for_each = {
    "secretmanager.googleapis.com" = ["DATA_READ"]
    "storage.googleapis.com"       = ["DATA_READ", "DATA_WRITE"]
  }

  project = var.project_id
  service = each.key

  dynamic "audit_log_config" {
    for_each = each.value
    content {
      log_type = audit_log_config.value
    }
  }

  depends_on = [terraform_data.apis]
}
