# Keys of the installation, and readers by IAM.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

mock_provider "google-beta" {}

variables {
  tier          = "standard"
  project_id    = "example-project"
  region        = "europe-west1"
  backup_region = "europe-west3"
  admin_image   = "europe-west1-docker.pkg.dev/example-project/penstock/admin:1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bundles_dir   = "./tests/fixtures/bundles"
}

run "every_function_verifies_by_one_checksum_key" {
  command = plan

  assert {
    condition     = join(",", keys(google_secret_manager_secret_version.key_checksum_key)) == "1" && join(",", keys(local.platform.secrets)) == "KEY_CHECKSUM_KEY"
    error_message = "functions do not have the one key of checksums"
  }

  assert {
    condition     = contains([for env in google_cloud_run_v2_job.admin.template[0].template[0].containers[0].env : env.name], "KEY_CHECKSUM_KEY")
    error_message = "the admin job cannot make API keys"
  }
}

run "and_by_two_while_it_is_rotated" {
  command = plan

  variables {
    key_checksum_key_versions = [2, 1]
  }

  assert {
    condition     = join(",", keys(google_secret_manager_secret_version.key_checksum_key)) == "1,2" && join(",", keys(local.platform.secrets)) == "KEY_CHECKSUM_KEY,KEY_CHECKSUM_KEY_OLD"
    error_message = "the key before the current one is not valid any more"
  }
}

run "one_key_twice_is_refused" {
  command = plan

  variables {
    key_checksum_key_versions = [1, 1]
  }

  expect_failures = [var.key_checksum_key_versions]
}

run "a_reader_logs_in_by_iam" {
  command = plan

  variables {
    reader_accounts = ["grafana-acme@example-project.iam.gserviceaccount.com"]
  }

  assert {
    condition     = google_sql_user.reader["grafana-acme@example-project.iam.gserviceaccount.com"].name == "grafana-acme@example-project.iam" && google_sql_user.reader["grafana-acme@example-project.iam.gserviceaccount.com"].type == "CLOUD_IAM_SERVICE_ACCOUNT"
    error_message = "the reader is no IAM user of the instance"
  }
}

run "a_reader_is_a_service_account" {
  command = plan

  variables {
    reader_accounts = ["somebody@example.com"]
  }

  expect_failures = [var.reader_accounts]
}
