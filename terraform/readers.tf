# Readers: logins that each read one tenant, by IAM: with a token that lives an hour, and without a password that a login could change.

resource "google_sql_user" "reader" {
  for_each = var.reader_accounts

  project  = var.project_id
  instance = google_sql_database_instance.main.name
  # Cloud SQL's name for the account: https://cloud.google.com/sql/docs/postgres/add-manage-iam-users
  name = trimsuffix(each.key, ".gserviceaccount.com")
  type = "CLOUD_IAM_SERVICE_ACCOUNT"
}

# The right to log in to this instance; the Cloud SQL Auth Proxy, which Grafana uses, also asks for its address.
resource "google_project_iam_member" "reader" {
  for_each = { for pair in setproduct(var.reader_accounts, ["roles/cloudsql.instanceUser", "roles/cloudsql.client"]) : join(" ", pair) => pair }

  project = var.project_id
  role    = each.value[1]
  member  = "serviceAccount:${each.value[0]}"

  condition {
    title      = "the suite's database"
    expression = "resource.name == \"projects/${var.project_id}/instances/${google_sql_database_instance.main.name}\" && resource.service == \"sqladmin.googleapis.com\""
  }
}
