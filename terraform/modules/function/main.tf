# Resources of every function: its own account and database user, the deployed bundle, and the right of every caller to invoke it.

locals {
  full_name = "${var.platform.prefix}-${var.name}"
  account   = "${google_service_account.this.account_id}@${var.platform.project_id}.iam.gserviceaccount.com"
  member    = "serviceAccount:${local.account}"
  on_budget = var.budget.instances
  by_socket = var.platform.database.access == "connector"
  # Without a database a function identifies no caller, so it needs no key.
  with_database = var.budget.pool > 0
  secrets       = merge(local.with_database ? var.platform.secrets : {}, var.secrets)
  bundle_sha    = try(var.platform.bundles[var.name].sha256, null)

  # Cloud SQL's name for the account: https://cloud.google.com/sql/docs/postgres/add-manage-iam-users
  database_user = "${google_service_account.this.account_id}@${var.platform.project_id}.iam"

  # The password is a token that the function requests itself, so no setting holds one.
  database_environment = {
    tls = {
      DATABASE_URL = "postgres://${urlencode(local.database_user)}@${var.platform.database.address}:5432/${var.platform.database.name}"
      DATABASE_CA  = var.platform.database.ca
      DATABASE_IAM = "1"
    }
    connector = {
      DATABASE_URL       = "postgres://${urlencode(local.database_user)}@/${var.platform.database.name}"
      CLOUD_SQL_INSTANCE = var.platform.database.connection_name
    }
  }
}

resource "google_service_account" "this" {
  project      = var.platform.project_id
  account_id   = local.full_name
  display_name = "Penstock: ${var.name}"

  lifecycle {
    precondition {
      condition     = length(local.full_name) >= 6 && length(local.full_name) <= 30
      error_message = "The account ${local.full_name} would have ${length(local.full_name)} characters, and 6 to 30 are allowed: choose another name_prefix."
    }
  }
}

resource "google_sql_user" "this" {
  count = local.with_database ? 1 : 0

  project  = var.platform.project_id
  instance = var.platform.database.instance
  name     = local.database_user
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"

  lifecycle {
    precondition {
      condition     = length(local.database_user) <= 63
      error_message = "The database user ${local.database_user} would have ${length(local.database_user)} characters, and PostgreSQL takes 63: choose a shorter name_prefix (now \"${var.platform.prefix}\")."
    }
  }
}

# A function that has been there always has a database.
moved {
  from = google_sql_user.this
  to   = google_sql_user.this[0]
}

# The right to log in to this instance. The connector also asks the admin API for the instance's address and certificate.
resource "google_project_iam_member" "database" {
  for_each = toset(!local.with_database ? [] : local.by_socket ? ["roles/cloudsql.instanceUser", "roles/cloudsql.client"] : ["roles/cloudsql.instanceUser"])

  project = var.platform.project_id
  role    = each.key
  member  = local.member

  condition {
    title      = "the suite's database"
    expression = "resource.name == \"projects/${var.platform.project_id}/instances/${var.platform.database.instance}\" && resource.service == \"sqladmin.googleapis.com\""
  }
}

resource "google_secret_manager_secret_iam_member" "this" {
  # One binding serves both versions of a key that is being rotated.
  for_each = { for name, it in local.secrets : name => it if !endswith(name, "_OLD") }

  project   = var.platform.project_id
  secret_id = each.value.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.member
}

# Named after its content, so a function is built again only when its bundle has changed.
resource "google_storage_bucket_object" "bundle" {
  bucket = var.platform.bundles_bucket
  name   = "functions/${var.name}-${coalesce(local.bundle_sha, "missing")}.zip"
  source = "${var.platform.bundles_dir}/${var.name}.zip"

  lifecycle {
    create_before_destroy = true
    # The name identifies the content; the path of the uploaded file does not matter.
    ignore_changes = [source]

    precondition {
      condition     = local.bundle_sha != null
      error_message = "${var.platform.bundles_dir} has no bundle of ${var.name}: npm run build."
    }
  }
}

resource "google_cloudfunctions2_function" "this" {
  project  = var.platform.project_id
  location = var.platform.region
  name     = local.full_name
  labels   = var.platform.labels

  build_config {
    runtime           = "nodejs24"
    entry_point       = var.name
    service_account   = var.platform.build_account
    docker_repository = var.platform.docker_repository

    source {
      storage_source {
        bucket = var.platform.bundles_bucket
        object = google_storage_bucket_object.bundle.name
      }
    }
  }

  service_config {
    service_account_email = local.account
    available_cpu         = tostring(var.budget.cpu)
    available_memory      = "${var.budget.memory_mib}Mi"
    timeout_seconds       = var.budget.timeout_s
    min_instance_count    = var.min_instances
    max_instance_count    = local.on_budget
    # A quarter more than the budget's concurrency, so that a tenant which fills its share of an instance leaves room for others (docs/decisions/0013).
    max_instance_request_concurrency = ceil(var.budget.concurrency * 1.25)
    ingress_settings                 = var.ingress
    all_traffic_on_latest_revision   = true

    # Each instance in the network takes an address of it.
    dynamic "direct_vpc_network_interface" {
      for_each = local.with_database ? [var.platform] : []
      content {
        network    = direct_vpc_network_interface.value.network
        subnetwork = direct_vpc_network_interface.value.subnetwork
      }
    }
    direct_vpc_egress = local.with_database ? "VPC_EGRESS_PRIVATE_RANGES_ONLY" : null

    environment_variables = merge(
      var.environment,
      var.platform.environment,
      {
        GOOGLE_CLOUD_PROJECT = var.platform.project_id
        # The same as heapOptions in shared/database/connection-budget.ts, which gives the reason.
        NODE_OPTIONS = "--max-old-space-size=${var.budget.memory_mib / 2} --max-semi-space-size=16"
      },
      local.with_database ? local.database_environment[var.platform.database.access] : {},
    )

    dynamic "secret_environment_variables" {
      for_each = local.secrets
      content {
        key        = secret_environment_variables.key
        project_id = var.platform.project_id
        secret     = secret_environment_variables.value.secret_id
        version    = secret_environment_variables.value.version
      }
    }
  }

  lifecycle {
    precondition {
      condition     = var.budget.concurrency == 1 || var.budget.cpu >= 1
      error_message = "${var.name} answers ${var.budget.concurrency} requests at a time with ${var.budget.cpu} CPU: Cloud Run wants a whole CPU for more than one."
    }
    precondition {
      condition     = var.min_instances <= local.on_budget
      error_message = "${var.name} would keep ${var.min_instances} instances warm and may have ${local.on_budget}."
    }
    precondition {
      condition     = alltrue([for name in keys(var.environment) : !can(regex("(KEY|PASSWORD|SECRET|TOKEN)$", name))])
      error_message = "A secret of ${var.name} is among its plain settings: it belongs to Secret Manager."
    }
  }

  depends_on = [google_project_iam_member.database, google_secret_manager_secret_iam_member.this, google_sql_user.this]
}

# Everybody may invoke: the function's front authenticates callers itself. A service that asks IAM removes the signature from an ID
# token before the function sees it, and takes an API key in Authorization for an invalid token.
resource "google_cloud_run_v2_service_iam_member" "public" {
  project  = var.platform.project_id
  location = var.platform.region
  name     = google_cloudfunctions2_function.this.name
  role     = "roles/run.invoker"
  member   = "allUsers"
}
