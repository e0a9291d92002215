# Invalid values, which are refused before anything is planned. Each run expects exactly the failures that it names.

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

run "values_of_another_form" {
  command = plan

  variables {
    tier                        = "huge"
    project_id                  = "example.com:project"
    name_prefix                 = "penstocks"
    maintenance_window          = { day = 7, hour = 1 }
    network_cidr                = "10.0.0.0/21"
    cors_origins                = ["https://app.example.com/"]
    push_tenant                 = "Acme"
    publishers                  = ["allUsers"]
    key_secrets                 = ["Key"]
    cold_days                   = 0.5
    database_access             = "proxy"
    database_machine            = "e2-medium"
    database_max_disk_gib       = 19
    gateway_domain              = "https://metrics.example.com"
    gateway_requests_per_minute = 59
    admin_image                 = "penstock/admin:1.0.0"
    backup_region               = "eu"
  }

  expect_failures = [
    var.tier,
    var.project_id,
    var.name_prefix,
    var.maintenance_window,
    var.network_cidr,
    var.cors_origins,
    var.push_tenant,
    var.publishers,
    var.key_secrets,
    var.cold_days,
    var.database_access,
    var.database_machine,
    var.database_max_disk_gib,
    var.gateway_domain,
    var.gateway_requests_per_minute,
    var.admin_image,
    var.backup_region,
  ]
}

run "backups_in_the_databases_own_region_and_an_image_that_changes_under_its_name" {
  command = plan

  variables {
    backup_region = "europe-west1"
    admin_image   = "europe-west1-docker.pkg.dev/example-project/penstock/admin:latest"
  }

  expect_failures = [
    var.backup_region,
    var.admin_image,
  ]
}

run "an_admin_job_without_its_image" {
  command = plan

  variables {
    admin_image = null
  }

  expect_failures = [google_cloud_run_v2_job.admin]
}

run "a_shared_core_for_a_hundred_connections" {
  command = plan

  variables {
    tier             = "standard"
    database_machine = "db-g1-small"
  }

  expect_failures = [google_sql_database_instance.main]
}

run "a_zone_instead_of_a_region" {
  command = plan

  variables {
    region = "europe-west1-b"
  }

  expect_failures = [var.region]
}
