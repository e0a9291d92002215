# Each tier can be planned, with the size in env/<tier>.tfvars.

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
  bundles_dir   = "./tests/fixtures/bundles"
  admin_image   = "europe-west1-docker.pkg.dev/example-project/penstock/admin:1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "small" {
  command = plan

  variables {
    tier = "small"
  }

  assert {
    condition     = output.budget.max_connections == 25 && output.budget.spent <= output.budget.available
    error_message = "the tier's budget is not that of 25 connections"
  }

  assert {
    condition     = output.database.machine == "db-f1-micro" && output.database.high_availability == false && output.database.replicas == 0 && !output.database.public_address
    error_message = "the tier's database is another"
  }

  assert {
    condition     = output.gateway == null
    error_message = "the tier pays for a load balancer"
  }
}

run "standard" {
  command = plan

  variables {
    tier                = "standard"
    notification_emails = ["on-call@example.com"]
  }

  assert {
    condition     = output.budget.max_connections == 100 && output.budget.spent <= output.budget.available
    error_message = "the tier's budget is not that of 100 connections"
  }

  assert {
    condition     = output.database.machine == "db-custom-1-3840" && output.database.high_availability == false && output.database.replicas == 0 && !output.database.public_address
    error_message = "the tier's database is another"
  }

  assert {
    condition     = output.gateway == null
    error_message = "the tier pays for a load balancer"
  }
}

run "large" {
  command = plan

  variables {
    tier                = "large"
    notification_emails = ["on-call@example.com"]
    redis_enabled       = true
    bigquery_enabled    = true
    gateway_domain      = "metrics.example.com"
  }

  assert {
    condition     = output.budget.max_connections == 400 && output.budget.spent <= output.budget.available
    error_message = "the tier's budget is not that of 400 connections"
  }

  assert {
    condition     = output.database.machine == "db-custom-4-16384" && output.database.high_availability == true && output.database.replicas == 1 && !output.database.public_address
    error_message = "the tier's database is another"
  }

  assert {
    condition     = output.gateway.url == "https://metrics.example.com" && alltrue([for it in values(output.functions) : it.ingress == "ALLOW_INTERNAL_AND_GCLB"])
    error_message = "the tier has no load balancer in front"
  }
}
