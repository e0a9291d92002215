# Resources of the audit log only: the bucket with the copies of its seals.

locals {
  # The deployments that serve it: two of them while deployments are regrouped.
  auditors = [for name, it in local.deployments : name if contains(it.slices, "audit")]
}

# Nobody can change or remove a copy before its 400 days are over: whoever changes entries in the database cannot make the copies agree.
resource "google_storage_bucket" "audit" {
  project                     = var.project_id
  name                        = "${var.project_id}-${local.prefix}-audit"
  location                    = var.region
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  retention_policy {
    retention_period = 400 * 24 * 3600
  }

  # A little later than retention deletes the seals themselves.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 830
    }
  }

  depends_on = [terraform_data.apis]
}

# It adds copies and reads them.
resource "google_storage_bucket_iam_member" "audit" {
  for_each = { for pair in setproduct(local.auditors, ["objectCreator", "objectViewer"]) : join(".", pair) => { deployment = pair[0], role = pair[1] } }

  bucket = google_storage_bucket.audit.name
  role   = "roles/storage.${each.value.role}"
  member = "serviceAccount:${module.functions[each.value.deployment].account}"
}
