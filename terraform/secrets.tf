# Generated secrets. They are made while applying and go to write-only arguments: neither the state nor a saved plan has them.

locals {
  # uuid() draws 122 random bits from the operating system; anew in each apply, which only a raised version makes anybody read.
  postgres_password = sha256("${uuid()}${uuid()}")
  cursor_key        = sha256("${uuid()}${uuid()}")
}

resource "google_secret_manager_secret" "cursor_key" {
  project   = var.project_id
  secret_id = "${local.prefix}-cursor-key"
  labels    = var.labels

  replication {
    auto {}
  }

  depends_on = [google_project_service.apis]
}

resource "google_secret_manager_secret_version" "cursor_key" {
  secret                 = google_secret_manager_secret.cursor_key.id
  secret_data_wo         = local.cursor_key
  secret_data_wo_version = var.cursor_key_version

  lifecycle {
    # Instances of the revision before read the old one until they are gone.
    create_before_destroy = true
  }
}

resource "google_secret_manager_secret" "postgres_password" {
  project   = var.project_id
  secret_id = "${local.prefix}-postgres-password"
  labels    = var.labels

  replication {
    auto {}
  }

  depends_on = [google_project_service.apis]
}

resource "google_secret_manager_secret_version" "postgres_password" {
  secret                 = google_secret_manager_secret.postgres_password.id
  secret_data_wo         = local.postgres_password
  secret_data_wo_version = var.postgres_password_version
}

resource "google_sql_user" "postgres" {
  project             = var.project_id
  instance            = google_sql_database_instance.main.name
  name                = "postgres"
  password_wo         = local.postgres_password
  password_wo_version = var.postgres_password_version
  # It grants what the others have and cannot be dropped.
  deletion_policy = "ABANDON"

  # The password is the same in both only when both are written by one apply: whichever comes first fails first.
  depends_on = [google_secret_manager_secret_version.postgres_password]
}

# New API keys: `npm run keys -- create … --to-secret NAME` in the admin job writes them here.
resource "google_secret_manager_secret" "keys" {
  for_each = var.key_secrets

  project   = var.project_id
  secret_id = "${local.prefix}-${each.key}"
  labels    = var.labels

  replication {
    auto {}
  }

  depends_on = [google_project_service.apis]
}
