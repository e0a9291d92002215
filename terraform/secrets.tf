# Generated secrets. They are made during an apply and go to write-only arguments, so neither the state nor a saved plan holds them.

locals {
  # uuid() draws 122 random bits from the operating system in each apply; the value is used only when the version was raised.
  postgres_password = sha256("${uuid()}${uuid()}")
  cursor_key        = sha256("${uuid()}${uuid()}")
  # AES-128: 16 bytes in hexadecimal.
  point_id_key = substr(sha256("${uuid()}${uuid()}"), 0, 32)

  point_id = {
    secret_id = google_secret_manager_secret.point_id_key.secret_id
    version   = google_secret_manager_secret_version.point_id_key.version
  }

  # In the order of the variable: the current one first.
  key_checksum_keys = [for version in var.key_checksum_key_versions : {
    secret_id = google_secret_manager_secret.key_checksum_key.secret_id
    version   = google_secret_manager_secret_version.key_checksum_key[tostring(version)].version
  }]
}

resource "google_secret_manager_secret" "cursor_key" {
  project   = var.project_id
  secret_id = "${local.prefix}-cursor-key"
  labels    = var.labels

  replication {
    auto {}
  }

  depends_on = [terraform_data.apis]
}

resource "google_secret_manager_secret_version" "cursor_key" {
  secret                 = google_secret_manager_secret.cursor_key.id
  secret_data_wo         = local.cursor_key
  secret_data_wo_version = var.cursor_key_version

  lifecycle {
    # Instances of the previous revision read the old one until they are gone.
    create_before_destroy = true
  }
}

# The key that encrypts point ids. Another key gives every point another id.
resource "google_secret_manager_secret" "point_id_key" {
  project   = var.project_id
  secret_id = "${local.prefix}-point-id-key"
  labels    = var.labels

  replication {
    auto {}
  }

  depends_on = [terraform_data.apis]
}

resource "google_secret_manager_secret_version" "point_id_key" {
  secret                 = google_secret_manager_secret.point_id_key.id
  secret_data_wo         = local.point_id_key
  secret_data_wo_version = var.point_id_key_version

  lifecycle {
    create_before_destroy = true
  }
}

# The key of API keys' checksums, with which made-up keys are refused without the database. Two are valid during a rotation.
resource "google_secret_manager_secret" "key_checksum_key" {
  project   = var.project_id
  secret_id = "${local.prefix}-key-checksum-key"
  labels    = var.labels

  replication {
    auto {}
  }

  depends_on = [terraform_data.apis]
}

resource "google_secret_manager_secret_version" "key_checksum_key" {
  for_each = toset([for version in var.key_checksum_key_versions : tostring(version)])

  secret = google_secret_manager_secret.key_checksum_key.id
  # The number makes two keys of one apply differ.
  secret_data_wo         = sha256("${each.key} ${uuid()}${uuid()}")
  secret_data_wo_version = tonumber(each.key)
}

resource "google_secret_manager_secret" "postgres_password" {
  project   = var.project_id
  secret_id = "${local.prefix}-postgres-password"
  labels    = var.labels

  replication {
    auto {}
  }

  depends_on = [terraform_data.apis]
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
  # This user grants the others' rights and cannot be dropped.
  deletion_policy = "ABANDON"

  # The user and its secret have the same password only when one apply writes both, so the secret is written first.
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

  depends_on = [terraform_data.apis]
}
