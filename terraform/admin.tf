# The admin job: the suite's own commands (migrate, keys, sql) inside the network. No laptop can reach the database.

locals {
  admin_name    = "${local.prefix}-admin"
  admin_account = "${google_service_account.admin.account_id}@${local.account_domain}"

  # The IAM user of each function: migrate grants it the function's role and connection limit.
  function_users = { for name, it in module.functions : name => it.database_user if try(local.plan.deployments[name].pool, 0) > 0 }
}

resource "google_service_account" "admin" {
  project      = var.project_id
  account_id   = "${local.prefix}-admin"
  display_name = "Penstock: the admin job"

  depends_on = [terraform_data.apis]
}

resource "google_secret_manager_secret_iam_member" "admin_password" {
  project   = var.project_id
  secret_id = google_secret_manager_secret.postgres_password.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${local.admin_account}"
}

resource "google_secret_manager_secret_iam_member" "admin_key_checksum_key" {
  project   = var.project_id
  secret_id = google_secret_manager_secret.key_checksum_key.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${local.admin_account}"
}

# It may add a key but cannot read one.
resource "google_secret_manager_secret_iam_member" "admin_keys" {
  for_each = google_secret_manager_secret.keys

  project   = var.project_id
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretVersionAdder"
  member    = "serviceAccount:${local.admin_account}"
}

# Erasure and export read objects, rewrite them without the erased rows, and remove them.
resource "google_storage_bucket_iam_member" "admin_archive" {
  bucket = google_storage_bucket.archive.name
  role   = "roles/storage.objectUser"
  member = "serviceAccount:${local.admin_account}"
}

resource "google_cloud_run_v2_job" "admin" {
  project             = var.project_id
  location            = var.region
  name                = local.admin_name
  labels              = var.labels
  deletion_protection = false

  template {
    task_count  = 1
    parallelism = 1

    template {
      service_account = local.admin_account
      # An index on a large table can take hours.
      timeout = "14400s"
      # A person repeats a failed command after reading why it failed.
      max_retries = 0

      containers {
        image = var.admin_image
        args  = ["scripts/penstock.ts", "migrate"]

        resources {
          limits = { cpu = "1", memory = "1Gi" }
        }

        dynamic "env" {
          for_each = {
            DATABASE_URL         = "postgres://postgres@${google_sql_database_instance.main.private_ip_address}:5432/${google_sql_database.penstock.name}"
            DATABASE_CA          = local.database_ca
            TIER                 = var.tier
            FUNCTION_USERS       = jsonencode(local.function_users)
            GOOGLE_CLOUD_PROJECT = var.project_id
            ARCHIVE_BUCKET       = google_storage_bucket.archive.name
          }
          content {
            name  = env.key
            value = env.value
          }
        }

        env {
          name = "DATABASE_PASSWORD"
          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.postgres_password.secret_id
              version = google_secret_manager_secret_version.postgres_password.version
            }
          }
        }

        # New API keys carry a checksum that is made with the current key.
        env {
          name = "KEY_CHECKSUM_KEY"
          value_source {
            secret_key_ref {
              secret  = local.key_checksum_keys[0].secret_id
              version = local.key_checksum_keys[0].version
            }
          }
        }
      }

      vpc_access {
        egress = "PRIVATE_RANGES_ONLY"
        network_interfaces {
          network    = google_compute_network.this.name
          subnetwork = google_compute_subnetwork.functions.name
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = var.admin_image != null
      error_message = "admin_image is not set: build the image first, then set TF_VAR_admin_image to its name and digest."
    }
  }

  depends_on = [
    google_secret_manager_secret_iam_member.admin_password,
    google_secret_manager_secret_iam_member.admin_key_checksum_key,
    google_secret_manager_secret_iam_member.admin_keys,
    google_sql_user.postgres,
  ]
}
