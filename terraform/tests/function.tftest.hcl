# The module of one function.

mock_provider "google" {}

mock_provider "google-beta" {}

variables {
  name    = "metrics-ingest-pubsub"
  ingress = "ALLOW_ALL"
  budget = {
    instances   = 1
    pool        = 2
    concurrency = 80
    cpu         = 1
    memory_mib  = 512
    timeout_s   = 60
  }
  platform = {
    project_id        = "example-project"
    region            = "europe-west1"
    prefix            = "penstock"
    labels            = {}
    tier              = "small"
    build_account     = "projects/example-project/serviceAccounts/penstock-build@example-project.iam.gserviceaccount.com"
    docker_repository = "projects/example-project/locations/europe-west1/repositories/penstock"
    bundles_bucket    = "bundles"
    bundles_dir       = "dist"
    bundles           = { metrics-ingest-pubsub = { sha256 = "1111" } }
    network           = "penstock"
    subnetwork        = "penstock-functions"
    database = {
      access          = "tls"
      instance        = "penstock-db"
      connection_name = "example-project:europe-west1:penstock-db"
      address         = "10.0.0.3"
      name            = "penstock"
      ca              = "-----BEGIN CERTIFICATE-----"
    }
    environment = { CORS_ORIGINS = "" }
    secrets     = {}
  }
}

run "it_connects_as_its_own_user_with_a_token" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition     = google_cloudfunctions2_function.this.service_config[0].environment_variables["DATABASE_URL"] == "postgres://penstock-metrics-ingest-pubsub%40example-project.iam@10.0.0.3:5432/penstock"
    error_message = "the function connects as another user, or with a password"
  }

  assert {
    condition     = google_cloudfunctions2_function.this.service_config[0].environment_variables["DATABASE_IAM"] == "1" && google_cloudfunctions2_function.this.service_config[0].environment_variables["DATABASE_CA"] == "-----BEGIN CERTIFICATE-----"
    error_message = "the function does not pin the CA, or sends no token"
  }

  assert {
    condition     = google_sql_user.this[0].type == "CLOUD_IAM_SERVICE_ACCOUNT" && google_sql_user.this[0].name == "penstock-metrics-ingest-pubsub@example-project.iam"
    error_message = "the database user is not the function's account"
  }

  assert {
    condition     = strcontains(google_project_iam_member.database["roles/cloudsql.instanceUser"].condition[0].expression, "projects/example-project/instances/penstock-db")
    error_message = "the function may log in to other databases of the project"
  }
}

run "without_a_database_it_has_no_user_no_key_and_no_address" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    budget = { instances = 2, pool = 0, concurrency = 80, cpu = 1, memory_mib = 512, timeout_s = 60 }
  }

  assert {
    condition     = length(google_sql_user.this) == 0 && length(google_project_iam_member.database) == 0 && length(google_secret_manager_secret_iam_member.this) == 0
    error_message = "a function without a database has a user of it, a right on it, or a key"
  }

  assert {
    condition     = length([for name in keys(google_cloudfunctions2_function.this.service_config[0].environment_variables) : name if startswith(name, "DATABASE_")]) == 0
    error_message = "a function without a database is told where it is"
  }

  assert {
    condition     = length(google_cloudfunctions2_function.this.service_config[0].direct_vpc_network_interface) == 0
    error_message = "a function without a database takes addresses of the network"
  }
}

run "it_is_deployed_as_the_budget_has_it" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition     = google_cloudfunctions2_function.this.service_config[0].max_instance_count == 1 && google_cloudfunctions2_function.this.service_config[0].available_memory == "512Mi" && google_cloudfunctions2_function.this.service_config[0].timeout_seconds == 60
    error_message = "other limits than the budget's"
  }

  assert {
    condition     = google_cloudfunctions2_function.this.build_config[0].runtime == "nodejs24" && google_cloudfunctions2_function.this.build_config[0].entry_point == "metrics-ingest-pubsub"
    error_message = "another runtime or entry point"
  }

  assert {
    condition     = google_cloudfunctions2_function.this.service_config[0].direct_vpc_egress == "VPC_EGRESS_PRIVATE_RANGES_ONLY" && google_cloudfunctions2_function.this.service_config[0].direct_vpc_network_interface[0].subnetwork == "penstock-functions"
    error_message = "the function is not in the network, or sends everything through it"
  }

  assert {
    condition     = google_storage_bucket_object.bundle.name == "functions/metrics-ingest-pubsub-1111.zip"
    error_message = "the bundle is not named after its content"
  }


}

run "more_than_one_request_at_a_time_wants_a_whole_cpu" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    budget = { instances = 1, pool = 2, concurrency = 2, cpu = 0.99, memory_mib = 512, timeout_s = 60 }
  }

  expect_failures = [google_cloudfunctions2_function.this]
}

run "one_request_at_a_time_does_with_less" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    budget = { instances = 1, pool = 2, concurrency = 1, cpu = 0.5, memory_mib = 512, timeout_s = 60 }
  }

  assert {
    condition     = google_cloudfunctions2_function.this.service_config[0].available_cpu == "0.5"
    error_message = "less than a CPU is not deployed"
  }
}

run "more_warm_instances_than_the_budget_are_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    min_instances = 2
  }

  expect_failures = [google_cloudfunctions2_function.this]
}

run "a_secret_among_plain_settings_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    environment = { CURSOR_KEY = "00" }
  }

  expect_failures = [google_cloudfunctions2_function.this]
}

run "a_function_without_a_bundle_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name = "metrics-query"
  }

  expect_failures = [google_storage_bucket_object.bundle]
}

run "a_database_user_of_63_characters_is_taken" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    platform = {
      project_id        = "example-project-28-character"
      region            = "europe-west1"
      prefix            = "penstock"
      labels            = {}
      tier              = "small"
      build_account     = "projects/example-project/serviceAccounts/penstock-build@example-project.iam.gserviceaccount.com"
      docker_repository = "projects/example-project/locations/europe-west1/repositories/penstock"
      bundles_bucket    = "bundles"
      bundles_dir       = "dist"
      bundles           = { metrics-ingest-pubsub = { sha256 = "1111" } }
      network           = "penstock"
      subnetwork        = "penstock-functions"
      database = {
        access          = "tls"
        instance        = "penstock-db"
        connection_name = "example-project:europe-west1:penstock-db"
        address         = "10.0.0.3"
        name            = "penstock"
        ca              = "-----BEGIN CERTIFICATE-----"
      }
      environment = { CORS_ORIGINS = "" }
      secrets     = {}
    }
  }

  assert {
    condition     = length(google_sql_user.this[0].name) == 63
    error_message = "the test's user has ${length(google_sql_user.this[0].name)} characters"
  }
}

run "a_database_user_of_64_characters_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    platform = {
      project_id        = "example-project-29-characters"
      region            = "europe-west1"
      prefix            = "penstock"
      labels            = {}
      tier              = "small"
      build_account     = "projects/example-project/serviceAccounts/penstock-build@example-project.iam.gserviceaccount.com"
      docker_repository = "projects/example-project/locations/europe-west1/repositories/penstock"
      bundles_bucket    = "bundles"
      bundles_dir       = "dist"
      bundles           = { metrics-ingest-pubsub = { sha256 = "1111" } }
      network           = "penstock"
      subnetwork        = "penstock-functions"
      database = {
        access          = "tls"
        instance        = "penstock-db"
        connection_name = "example-project:europe-west1:penstock-db"
        address         = "10.0.0.3"
        name            = "penstock"
        ca              = "-----BEGIN CERTIFICATE-----"
      }
      environment = { CORS_ORIGINS = "" }
      secrets     = {}
    }
  }

  expect_failures = [google_sql_user.this]
}

run "ingress_of_another_form_is_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    ingress = "ALLOW_SOME"
  }

  expect_failures = [var.ingress]
}
