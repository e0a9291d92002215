# Buckets: the archive, and the bundles that functions are built from.

locals {
  soft_delete_s = 7 * 24 * 3600
}

resource "google_storage_bucket" "archive" {
  project                     = var.project_id
  name                        = "${var.project_id}-${local.prefix}-archive"
  location                    = var.region
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  soft_delete_policy {
    retention_duration_seconds = local.soft_delete_s
  }

  # The suite, which knows about holds, expires objects. This rule is a safety net; an object on hold is not deleted by it either.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = var.cold_days + 90
    }
  }

  # The next run of retention removes what a failed run uploaded.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["staging/"]
    }
  }

  # Copies under a legal hold carry a temporary hold, so the rule deletes only what a failed run copied and nobody recorded.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["held/"]
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  depends_on = [terraform_data.apis]
}

resource "google_storage_bucket" "bundles" {
  project                     = var.project_id
  name                        = "${var.project_id}-${local.prefix}-bundles"
  location                    = var.region
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  soft_delete_policy {
    retention_duration_seconds = local.soft_delete_s
  }

  # The uploaded sources of the admin job's image are not needed after the build.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["admin-source/"]
    }
  }

  depends_on = [terraform_data.apis]
}
