# Rights: each function has its own account and its own database user, and nothing else.

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

run "each_function_is_itself_and_may_log_in_to_its_database_alone" {
  command = plan

  assert {
    condition = output.function_users == {
      for name in keys(output.functions) : name => "penstock-${name}@example-project.iam" if name != "console"
    }
    error_message = "a function connects as another's user"
  }

  assert {
    condition     = [for env in google_cloud_run_v2_job.admin.template[0].template[0].containers[0].env : jsondecode(env.value) if env.name == "FUNCTION_USERS"] == [output.function_users]
    error_message = "the admin job would give roles to other users"
  }

  assert {
    condition     = alltrue([for name, it in output.functions : join(" ", it.roles) == (name == "console" ? "" : "roles/cloudsql.instanceUser")])
    error_message = "a function has another project role than to log in"
  }

  assert {
    condition     = { for name, it in output.functions : name => join(" ", it.secrets) if length(it.secrets) > 0 } == { audit = "CURSOR_KEY", carbon = "CURSOR_KEY", metrics-ingest = "POINT_ID_KEY", metrics-ingest-pubsub = "POINT_ID_KEY", metrics-query = "CURSOR_KEY POINT_ID_KEY", productions = "CURSOR_KEY" }
    error_message = "a function reads a secret that is not its own"
  }

  assert {
    condition     = alltrue([for name in keys(output.function_users) : contains(output.functions[name].settings, "DATABASE_CA") && contains(output.functions[name].settings, "DATABASE_IAM") && !contains(output.functions[name].settings, "CLOUD_SQL_INSTANCE")])
    error_message = "functions are not told to use TLS"
  }

  assert {
    condition     = toset(keys(google_project_iam_member.build)) == toset(["roles/logging.logWriter"])
    error_message = "the build account may do something else"
  }

  assert {
    condition     = length(google_artifact_registry_repository_iam_member.build.condition) == 0 && google_artifact_registry_repository_iam_member.build.role == "roles/artifactregistry.writer" && google_artifact_registry_repository_iam_member.build.repository == "penstock"
    error_message = "the build account cannot push to the repository of images: Artifact Registry knows no condition on resource.name"
  }

  assert {
    condition     = google_project_iam_member.build_sources.condition[0].expression == join(" || ", [for bucket in ["gcf-v2-sources-123456789012-europe-west1", "example-project-penstock-bundles"] : "resource.name == \"projects/_/buckets/${bucket}\" || resource.name.startsWith(\"projects/_/buckets/${bucket}/\")"])
    error_message = "the build account reads other buckets than the two that hold sources"
  }

  assert {
    condition     = { for name, it in output.functions : name => it.ingress if it.ingress != "ALLOW_ALL" } == { backup = "ALLOW_INTERNAL_ONLY", compaction = "ALLOW_INTERNAL_ONLY", partitions = "ALLOW_INTERNAL_ONLY", retention = "ALLOW_INTERNAL_ONLY" }
    error_message = "a function without a load balancer cannot be reached, or an operations function can"
  }

  assert {
    condition     = alltrue([for it in values(output.functions) : it.invoker == "allUsers"])
    error_message = "a function asks IAM, which breaks tokens and keys"
  }
}

run "the_connector_asks_the_admin_api_too" {
  command = plan

  variables {
    database_access = "connector"
  }

  assert {
    condition     = alltrue([for name in keys(output.function_users) : join(" ", output.functions[name].roles) == "roles/cloudsql.client roles/cloudsql.instanceUser"])
    error_message = "the connector cannot learn the instance's address"
  }

  assert {
    condition     = alltrue([for name in keys(output.function_users) : contains(output.functions[name].settings, "CLOUD_SQL_INSTANCE") && !contains(output.functions[name].settings, "DATABASE_CA")])
    error_message = "functions are not told to use the connector"
  }
}

run "operations_are_public_when_asked_for" {
  command = plan

  variables {
    operations_public = true
  }

  assert {
    condition     = alltrue([for it in values(output.functions) : it.ingress == "ALLOW_ALL"])
    error_message = "an operations function cannot be reached"
  }
}
