# PostgreSQL 15 without a public address, and its backups.

locals {
  machines = {
    small    = { type = "db-f1-micro", disk_gib = 10, high_availability = false, replica = false }
    standard = { type = "db-custom-1-3840", disk_gib = 20, high_availability = false, replica = false }
    large    = { type = "db-custom-4-16384", disk_gib = 100, high_availability = true, replica = true }
  }
  machine           = local.machines[var.tier]
  machine_type      = coalesce(var.database_machine, local.machine.type)
  high_availability = var.database_high_availability != null ? var.database_high_availability : local.machine.high_availability
  replica           = var.database_replica != null ? var.database_replica : local.machine.replica

  # Every CA that the instance names, the upcoming one included: functions trust it before it signs anything. The instance's own
  # server_ca_cert holds only the active one. Sorted, so that only another certificate changes the functions.
  database_ca = join("\n", sort([for it in data.google_sql_ca_certs.main.certs : trimspace(it.cert)]))

  edition = strcontains(local.machine_type, "perf-optimized") ? "ENTERPRISE_PLUS" : "ENTERPRISE"

  database_flags = {
    "max_connections"             = tostring(local.plan.max_connections)
    "cloudsql.iam_authentication" = "on"
    # No customer's value reaches the log. PostgreSQL logs the parameters of a statement together with its duration, so no duration
    # is logged: Query Insights ranks slow statements, with placeholders for values. TERSE omits DETAIL and CONTEXT lines, which quote rows:
    # Key (user_id)=(…) already exists. log_parameter_max_length_on_error is 0 by default. deploy:check verifies all of them.
    "log_min_duration_statement" = "-1"
    "log_statement"              = "none"
    "log_duration"               = "off"
    "log_error_verbosity"        = "terse"
    "log_lock_waits"             = "on"
    # Otherwise pg_stat_statements retains the text of ALTER ROLE … PASSWORD '…' word for word.
    "pg_stat_statements.track_utility" = "off"
  }
}

resource "google_sql_database_instance" "main" {
  project             = var.project_id
  name                = "${local.prefix}-db"
  region              = var.region
  database_version    = "POSTGRES_15"
  deletion_protection = var.deletion_protection

  settings {
    tier                        = local.machine_type
    edition                     = local.edition
    availability_type           = local.high_availability ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = local.machine.disk_gib
    disk_autoresize             = true
    disk_autoresize_limit       = var.database_max_disk_gib
    deletion_protection_enabled = var.deletion_protection
    # The admin job connects by private IP, whichever method the functions use.
    connector_enforcement = "NOT_REQUIRED"
    user_labels           = var.labels
    # Otherwise every backup is deleted together with the instance.
    # https://cloud.google.com/sql/docs/postgres/delete-instance
    retain_backups_on_delete = true

    final_backup_config {
      enabled        = true
      retention_days = 30
    }

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.this.id
      # TLS without client certificates: the token identifies the client.
      ssl_mode       = "ENCRYPTED_ONLY"
      server_ca_mode = "GOOGLE_MANAGED_INTERNAL_CA"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "01:00"
      location                       = var.backup_region
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7

      backup_retention_settings {
        retained_backups = 7
        retention_unit   = "COUNT"
      }
    }

    maintenance_window {
      day          = var.maintenance_window.day
      hour         = var.maintenance_window.hour
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
      query_string_length    = 1024
      # The plan of a single call shows the values of that call in its conditions.
      query_plans_per_minute  = 0
      record_application_tags = false
      record_client_address   = false
    }

    dynamic "database_flags" {
      for_each = local.database_flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    precondition {
      condition     = local.spent <= local.available
      error_message = "The budget does not fit the tier ${var.tier}: its functions and readers may open ${local.spent} connections, but only ${local.available} are available (${local.plan.max_connections} minus ${local.plan.reserved} reserved). Shrink ${local.largest} (${local.functions[local.largest].instances} instances of ${local.functions[local.largest].pool} connections) in shared/connection-budget.json, or take a larger tier."
    }
    precondition {
      condition     = var.tier == "small" || !contains(["db-f1-micro", "db-g1-small"], local.machine_type)
      error_message = "${local.machine_type} does not have enough memory for the ${local.plan.max_connections} connections of the tier ${var.tier}: name a machine such as db-custom-2-7680 in database_machine."
    }
    # The disk grows by itself.
    ignore_changes = [settings[0].disk_size]
  }

  depends_on = [google_service_networking_connection.services]
}

# The name comes from the connection name, which is known only after the instance exists.
data "google_sql_ca_certs" "main" {
  project  = var.project_id
  instance = reverse(split(":", google_sql_database_instance.main.connection_name))[0]
}

resource "google_sql_database" "penstock" {
  project   = var.project_id
  instance  = google_sql_database_instance.main.name
  name      = "penstock"
  charset   = "UTF8"
  collation = "en_US.UTF8"
  # A restored instance has this database already, and Terraform must never drop it.
  deletion_policy = "ABANDON"
}

resource "google_sql_database_instance" "replica" {
  count = local.replica ? 1 : 0

  project              = var.project_id
  name                 = "${local.prefix}-db-replica"
  region               = var.region
  database_version     = "POSTGRES_15"
  master_instance_name = google_sql_database_instance.main.name
  deletion_protection  = var.deletion_protection

  settings {
    tier                        = local.machine_type
    edition                     = local.edition
    availability_type           = "ZONAL"
    disk_type                   = "PD_SSD"
    disk_autoresize             = true
    deletion_protection_enabled = var.deletion_protection
    user_labels                 = var.labels

    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.this.id
      ssl_mode        = "ENCRYPTED_ONLY"
      server_ca_mode  = "GOOGLE_MANAGED_INTERNAL_CA"
    }

    # A replica may not allow fewer connections than its primary.
    dynamic "database_flags" {
      for_each = local.database_flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }
}
