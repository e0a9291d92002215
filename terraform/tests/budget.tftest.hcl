# The connection budget, which is verified during planning for every tier.

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

run "small_is_kept" {
  command = plan

  variables {
    tier = "small"
  }

  assert {
    condition     = output.budget.spent <= output.budget.available
    error_message = "the small tier's budget does not fit"
  }

  assert {
    condition     = contains([for flag in google_sql_database_instance.main.settings[0].database_flags : "${flag.name}=${flag.value}"], "max_connections=25")
    error_message = "max_connections is not the budget's"
  }

  assert {
    condition     = endswith(google_compute_subnetwork.functions.ip_cidr_range, "/26")
    error_message = "the platform wants a /26 at least: ${google_compute_subnetwork.functions.ip_cidr_range}"
  }
}

run "a_full_rollout_of_standard_fits" {
  command = plan

  variables {
    tier = "standard"
  }

  assert {
    condition     = pow(2, 32 - tonumber(split("/", google_compute_subnetwork.functions.ip_cidr_range)[1])) >= 4 * sum([for it in values(output.functions) : it.max_instances])
    error_message = "two revisions, with two addresses for each instance, do not fit the subnet at once"
  }
}

run "standard_is_kept_and_every_function_is_deployed_with_its_limits" {
  command = plan

  variables {
    tier = "standard"
  }

  assert {
    condition     = output.budget.spent <= output.budget.available
    error_message = "the standard tier's budget does not fit"
  }

  assert {
    condition     = contains([for flag in google_sql_database_instance.main.settings[0].database_flags : "${flag.name}=${flag.value}"], "max_connections=100")
    error_message = "max_connections is not the budget's"
  }

  assert {
    condition     = toset(keys(output.functions)) == toset(keys(jsondecode(file("../shared/deployments.json")).tiers.standard.deployments))
    error_message = "the functions that are deployed are not those of the budget"
  }

  assert {
    condition = alltrue([for name, it in jsondecode(file("../shared/deployments.json")).tiers.standard.deployments :
      output.functions[name].max_instances == it.instances
      && output.functions[name].concurrency == ceil(it.concurrency * 1.25)
      && output.functions[name].cpu == tostring(it.cpu)
    ])
    error_message = "a function is deployed with other limits than the budget's"
  }
}

run "large_is_kept_and_two_revisions_fit_the_subnet" {
  command = plan

  variables {
    tier = "large"
  }

  assert {
    condition     = output.budget.spent <= output.budget.available
    error_message = "the large tier's budget does not fit"
  }

  assert {
    condition     = contains([for flag in google_sql_database_instance.replica[0].settings[0].database_flags : "${flag.name}=${flag.value}"], "max_connections=400")
    error_message = "the replica allows fewer connections than its primary"
  }

  assert {
    condition     = pow(2, 32 - tonumber(split("/", google_compute_subnetwork.functions.ip_cidr_range)[1])) >= 4 * sum([for it in values(output.functions) : it.max_instances])
    error_message = "two revisions, with two addresses for each instance, do not fit the subnet at once"
  }
}

run "a_budget_that_just_fits_is_kept" {
  command = plan

  variables {
    tier        = "standard"
    budget_file = "./tests/fixtures/budget-just-fits.json"
  }

  assert {
    condition     = output.budget.spent == 26 && output.budget.available == 26
    error_message = "the fixture does not just fit"
  }

  assert {
    condition     = local.largest == "metrics-ingest"
    error_message = "the refusal would name ${local.largest}"
  }
}

run "one_connection_over_is_refused" {
  command = plan

  variables {
    tier        = "standard"
    budget_file = "./tests/fixtures/budget-one-over.json"
  }

  expect_failures = [google_sql_database_instance.main]
}
