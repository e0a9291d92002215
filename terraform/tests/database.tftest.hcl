# PostgreSQL: private, encrypted, backed up.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

mock_provider "google-beta" {}

variables {
  project_id    = "example-project"
  region        = "europe-west1"
  backup_region = "europe-west3"
  admin_image   = "europe-west1-docker.pkg.dev/example-project/penstock/admin:1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bundles_dir   = "./tests/fixtures/bundles"
}

# An argument that the configuration leaves out takes the value given here; one that it sets keeps its own.
run "the_database_is_private_and_backed_up_and_no_secret_is_in_the_state" {
  command = plan

  override_resource {
    target          = google_secret_manager_secret_version.cursor_key
    values          = { secret_data = "left out" }
    override_during = plan
  }

  override_resource {
    target          = google_secret_manager_secret_version.point_id_key
    values          = { secret_data = "left out" }
    override_during = plan
  }

  override_resource {
    target          = google_secret_manager_secret_version.key_checksum_key["1"]
    values          = { secret_data = "left out" }
    override_during = plan
  }

  override_resource {
    target          = google_secret_manager_secret_version.postgres_password
    values          = { secret_data = "left out" }
    override_during = plan
  }

  override_resource {
    target          = google_sql_user.postgres
    values          = { password = "left out" }
    override_during = plan
  }

  assert {
    condition     = google_sql_database_instance.main.database_version == "POSTGRES_15"
    error_message = "another version than the suite is made for"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].ip_configuration[0].ipv4_enabled == false
    error_message = "the database has a public address"
  }

  assert {
    condition     = length(google_sql_database_instance.main.settings[0].ip_configuration[0].authorized_networks) == 0
    error_message = "a network is authorised"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "connections without TLS are taken"
  }

  assert {
    condition     = contains([for flag in google_sql_database_instance.main.settings[0].database_flags : "${flag.name}=${flag.value}"], "cloudsql.iam_authentication=on")
    error_message = "IAM users cannot log in"
  }

  assert {
    condition = length(setsubtract(
      ["log_min_duration_statement=-1", "log_statement=none", "log_duration=off", "log_error_verbosity=terse"],
      [for flag in google_sql_database_instance.main.settings[0].database_flags : "${flag.name}=${flag.value}"]
    )) == 0 && google_sql_database_instance.main.settings[0].insights_config[0].query_plans_per_minute == 0
    error_message = "values of statements reach the database's log, or Query Insights"
  }

  assert {
    condition     = google_sql_database_instance.main.deletion_protection && google_sql_database_instance.main.settings[0].deletion_protection_enabled
    error_message = "the database may be deleted"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].retain_backups_on_delete && google_sql_database_instance.main.settings[0].final_backup_config[0].enabled && google_sql_database_instance.main.settings[0].final_backup_config[0].retention_days == 30
    error_message = "the backups go with the instance"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].backup_configuration[0].enabled && google_sql_database_instance.main.settings[0].backup_configuration[0].start_time == "01:00"
    error_message = "no backup at 01:00 UTC"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].backup_configuration[0].location == "europe-west3"
    error_message = "backups are not in the second region"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].backup_configuration[0].backup_retention_settings[0].retained_backups == 7
    error_message = "not seven backups"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].backup_configuration[0].point_in_time_recovery_enabled && google_sql_database_instance.main.settings[0].backup_configuration[0].transaction_log_retention_days == 7
    error_message = "no point-in-time recovery of seven days"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].insights_config[0].query_insights_enabled
    error_message = "query insights are off"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].maintenance_window[0].day == 7 && google_sql_database_instance.main.settings[0].maintenance_window[0].hour == 3
    error_message = "no maintenance window"
  }

  assert {
    condition     = google_secret_manager_secret_version.cursor_key.secret_data == "left out" && google_secret_manager_secret_version.point_id_key.secret_data == "left out" && google_secret_manager_secret_version.key_checksum_key["1"].secret_data == "left out" && google_secret_manager_secret_version.postgres_password.secret_data == "left out"
    error_message = "a secret is written to the state"
  }

  assert {
    condition     = google_sql_user.postgres.password == "left out"
    error_message = "the password of postgres is written to the state"
  }

  assert {
    condition     = google_secret_manager_secret_version.postgres_password.secret_data_wo_version == google_sql_user.postgres.password_wo_version
    error_message = "the user and the secret would change apart"
  }

  assert {
    condition     = [for env in google_cloud_run_v2_job.admin.template[0].template[0].containers[0].env : env.value_source[0].secret_key_ref[0].secret if env.name == "DATABASE_PASSWORD"] == ["penstock-postgres-password"]
    error_message = "the password does not come from Secret Manager"
  }

  assert {
    condition     = alltrue([for env in google_cloud_run_v2_job.admin.template[0].template[0].containers[0].env : length(env.value_source) == 1 if can(regex("PASSWORD|KEY|SECRET|TOKEN", env.name))])
    error_message = "a secret is a plain setting of the admin job"
  }

  assert {
    condition     = google_cloud_run_v2_job.admin.template[0].template[0].vpc_access[0].egress == "PRIVATE_RANGES_ONLY" && google_cloud_run_v2_job.admin.template[0].template[0].max_retries == 0
    error_message = "the admin job is not in the network, or repeats what failed"
  }

  assert {
    condition     = toset([for key in google_secret_manager_secret_iam_member.admin_keys : key.role]) == toset(["roles/secretmanager.secretVersionAdder"])
    error_message = "the admin job may do more with a key's secret than add to it"
  }
}

run "enterprise_plus_machines_get_their_edition" {
  command = plan

  variables {
    database_machine = "db-perf-optimized-N-2"
  }

  assert {
    condition     = google_sql_database_instance.main.settings[0].edition == "ENTERPRISE_PLUS"
    error_message = "the machine is refused in the edition ${google_sql_database_instance.main.settings[0].edition}"
  }
}
