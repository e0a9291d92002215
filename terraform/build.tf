# The account that builds, and the repository of images. The default build account of a new project has no rights.

resource "google_service_account" "build" {
  project      = var.project_id
  account_id   = "${local.prefix}-build"
  display_name = "Penstock: builds functions and the admin job's image"

  depends_on = [terraform_data.apis]
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project_id
  location      = var.region
  repository_id = local.prefix
  format        = "DOCKER"
  description   = "Images of Penstock's functions and of its admin job"
  labels        = var.labels

  # Tags stay mutable, because Cloud Functions moves its own with each build; the admin job's image is named by its digest.
  # Enough to roll back; releases further back are built again from their commit.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [terraform_data.apis]
}

locals {
  source_buckets = ["gcf-v2-sources-${data.google_project.this.number}-${var.region}", google_storage_bucket.bundles.name]
  build_member   = "serviceAccount:${google_service_account.build.account_id}@${local.account_domain}"
}

resource "google_project_iam_member" "build" {
  for_each = toset(["roles/logging.logWriter"])

  project = var.project_id
  role    = each.key
  member  = local.build_member
}

# Cloud Functions copies a bundle to a bucket of its own in the region, which the build reads.
resource "google_project_iam_member" "build_sources" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = local.build_member

  condition {
    title      = "sources of functions and of the admin job"
    expression = join(" || ", [for bucket in local.source_buckets : "resource.name == \"projects/_/buckets/${bucket}\" || resource.name.startsWith(\"projects/_/buckets/${bucket}/\")"])
  }
}

# A condition on resource.name works only for services that know the attribute. Artifact Registry is not one of them, so its grant is
# on the repository. https://cloud.google.com/iam/docs/conditions-resource-attributes
resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project_id
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.repository_id
  role       = "roles/artifactregistry.writer"
  member     = local.build_member
}
