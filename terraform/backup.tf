# Resources of backups only: the bucket of exports, the rights to restore a backup into another instance, and the alert on both.

locals {
  # The deployments that serve it: two of them while deployments are regrouped.
  backers = toset([for name, it in local.deployments : name if contains(it.slices, "backup")])
  # Only instances with such names may be made and deleted.
  test_prefix = "${local.prefix}-verify-"
  tests       = "resource.name.startsWith(\"projects/${var.project_id}/instances/${local.test_prefix}\") && resource.service == \"sqladmin.googleapis.com\""
  export_days = 30
}

# In the backup region, so that an export survives the loss of the region.
resource "google_storage_bucket" "backups" {
  project                     = var.project_id
  name                        = "${var.project_id}-${local.prefix}-backups"
  location                    = var.backup_region
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  soft_delete_policy {
    retention_duration_seconds = local.soft_delete_s
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = local.export_days
    }
  }

  depends_on = [terraform_data.apis]
}

# The instance writes the export itself; the function reads it back.
resource "google_storage_bucket_iam_member" "exports" {
  bucket = google_storage_bucket.backups.name
  role   = "roles/storage.objectCreator"
  member = "serviceAccount:${google_sql_database_instance.main.service_account_email_address}"
}

resource "google_storage_bucket_iam_member" "backups" {
  for_each = local.backers

  bucket = google_storage_bucket.backups.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${module.functions[each.key].account}"
}

# Viewers list instances and their backups, and may begin an export; they change no instance.
# https://cloud.google.com/sql/docs/postgres/iam-roles
resource "google_project_iam_member" "backup_viewer" {
  for_each = local.backers

  project = var.project_id
  role    = "roles/cloudsql.viewer"
  member  = "serviceAccount:${module.functions[each.key].account}"
}

# Everything with test instances, and nothing with another one: make, restore into, log in to, delete.
resource "google_project_iam_member" "backup_tests" {
  for_each = { for pair in setproduct(local.backers, ["admin", "instanceUser"]) : join(".", pair) => { deployment = pair[0], role = pair[1] } }

  project = var.project_id
  role    = "roles/cloudsql.${each.value.role}"
  member  = "serviceAccount:${module.functions[each.value.deployment].account}"

  condition {
    title      = "instances that verify backups"
    expression = local.tests
  }
}

# `backup.age` is logged every ten minutes: the seconds since a backup was last restored and found to be whole. An alert waits for an absent metric for
# 23.5 hours at most, so it is the age that says that the weekly run does not succeed.
resource "google_monitoring_alert_policy" "backup" {
  project               = var.project_id
  display_name          = "${local.prefix}: no backup has been verified for 8 days"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.notification_channels

  conditions {
    display_name = "the last verified backup is 8 days old"
    condition_threshold {
      filter          = local.of_backup_age
      comparison      = "COMPARISON_GT"
      threshold_value = 691200
      duration        = "0s"
      aggregations {
        alignment_period     = "1800s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_PERCENTILE_95"
      }
    }
  }

  conditions {
    display_name = "nobody knows how old it is"
    condition_absent {
      filter   = local.of_backup_age
      duration = "7200s"
      aggregations {
        alignment_period     = "1800s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_COUNT"
      }
    }
  }

  documentation {
    subject   = "No backup has been verified for 8 days"
    content   = local.playbooks["backup"]
    mime_type = "text/markdown"
  }

  depends_on = [module.jobs]
}

locals {
  of_backup_age = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${module.jobs["backup"].age.name}\""
}
