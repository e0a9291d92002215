# Each example plans, and is the size that it says.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project_id  = "example-project"
  admin_image = "europe-west1-docker.pkg.dev/example-project/penstock/admin:1.0.0"
}

run "small" {
  command = plan

  module {
    source = "./examples/small"
  }

  variables {
    bundles_dir = "./tests/fixtures/bundles"
  }

  assert {
    condition     = output.suite.budget.max_connections == 25 && output.suite.budget.spent <= output.suite.budget.available
    error_message = "the example's budget is not that of 25 connections"
  }

  assert {
    condition     = output.suite.database.machine == "db-f1-micro" && output.suite.database.high_availability == false && output.suite.database.replicas == 0 && !output.suite.database.public_address
    error_message = "the example's database is another"
  }

  assert {
    condition     = output.suite.gateway == null
    error_message = "the example pays for a load balancer"
  }
}

run "standard" {
  command = plan

  module {
    source = "./examples/standard"
  }

  variables {
    bundles_dir         = "./tests/fixtures/bundles"
    notification_emails = ["on-call@example.com"]
  }

  assert {
    condition     = output.suite.budget.max_connections == 100 && output.suite.budget.spent <= output.suite.budget.available
    error_message = "the example's budget is not that of 100 connections"
  }

  assert {
    condition     = output.suite.database.machine == "db-custom-1-3840" && output.suite.database.high_availability == false && output.suite.database.replicas == 0 && !output.suite.database.public_address
    error_message = "the example's database is another"
  }

  assert {
    condition     = output.suite.gateway == null
    error_message = "the example pays for a load balancer"
  }
}

run "large" {
  command = plan

  module {
    source = "./examples/large"
  }

  variables {
    bundles_dir         = "./tests/fixtures/bundles"
    notification_emails = ["on-call@example.com"]
    domain              = "metrics.example.com"
  }

  assert {
    condition     = output.suite.budget.max_connections == 400 && output.suite.budget.spent <= output.suite.budget.available
    error_message = "the example's budget is not that of 400 connections"
  }

  assert {
    condition     = output.suite.database.machine == "db-custom-4-16384" && output.suite.database.high_availability == true && output.suite.database.replicas == 1 && !output.suite.database.public_address
    error_message = "the example's database is another"
  }

  assert {
    condition     = output.suite.gateway.url == "https://metrics.example.com" && alltrue([for it in values(output.suite.functions) : it.ingress == "ALLOW_INTERNAL_AND_GCLB"])
    error_message = "the example has no load balancer in front"
  }
}
