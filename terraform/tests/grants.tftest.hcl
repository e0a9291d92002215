# Who may what: each function its own account, its own database user, nothing else.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

variables {
  project_id    = "example-project"
  region        = "europe-west1"
  backup_region = "europe-west3"
  admin_image   = "europe-west1-docker.pkg.dev/example-project/penstock/admin:1.0.0"
  bundles_dir   = "./tests/fixtures/bundles"
}

run "each_function_connects_as_itself" {
  command = plan

  assert {
    condition = output.function_users == {
      for name in keys(output.functions) : name => "penstock-${name}@example-project.iam"
    }
    error_message = "a function connects as another's user"
  }

  assert {
    condition     = [for env in google_cloud_run_v2_job.admin.template[0].template[0].containers[0].env : jsondecode(env.value) if env.name == "FUNCTION_USERS"] == [output.function_users]
    error_message = "the admin job would give roles to other users"
  }
}

run "a_function_logs_in_to_its_database_and_nothing_else" {
  command = plan

  assert {
    condition     = alltrue([for it in values(output.functions) : join(" ", it.roles) == "roles/cloudsql.instanceUser"])
    error_message = "a function has another project role than to log in"
  }

  assert {
    condition     = { for name, it in output.functions : name => join(" ", it.secrets) if length(it.secrets) > 0 } == { metrics-query = "CURSOR_KEY" }
    error_message = "a function reads a secret that is not its own"
  }
}

run "the_connector_asks_the_admin_api_too" {
  command = plan

  variables {
    database_access = "connector"
  }

  assert {
    condition     = alltrue([for it in values(output.functions) : join(" ", it.roles) == "roles/cloudsql.client roles/cloudsql.instanceUser"])
    error_message = "the connector cannot learn the instance's address"
  }

  assert {
    condition     = alltrue([for it in values(output.functions) : contains(it.settings, "CLOUD_SQL_INSTANCE") && !contains(it.settings, "DATABASE_CA")])
    error_message = "functions are not told to use the connector"
  }
}

run "tls_pins_the_ca_and_sends_a_token" {
  command = plan

  assert {
    condition     = alltrue([for it in values(output.functions) : contains(it.settings, "DATABASE_CA") && contains(it.settings, "DATABASE_IAM") && !contains(it.settings, "CLOUD_SQL_INSTANCE")])
    error_message = "functions are not told to use TLS"
  }
}

run "the_build_account_builds_and_nothing_else" {
  command = plan

  assert {
    condition     = toset(keys(google_project_iam_member.build)) == toset(["roles/artifactregistry.writer", "roles/logging.logWriter", "roles/storage.objectViewer"])
    error_message = "the build account may do something else"
  }

  assert {
    condition     = alltrue([for role, it in google_project_iam_member.build : length(it.condition) == 1 if role != "roles/logging.logWriter"])
    error_message = "the build account reads or writes all over the project"
  }
}

run "an_account_name_that_is_too_long_is_refused" {
  command = plan

  variables {
    name_prefix = "penstocks"
  }

  expect_failures = [var.name_prefix]
}

run "a_project_id_with_a_domain_is_refused" {
  command = plan

  variables {
    project_id = "example.com:project"
  }

  expect_failures = [var.project_id]
}

run "a_zone_is_no_region" {
  command = plan

  variables {
    region = "europe-west1-b"
  }

  expect_failures = [var.region]
}

run "an_unknown_tier_is_refused" {
  command = plan

  variables {
    tier = "huge"
  }

  expect_failures = [var.tier]
}
