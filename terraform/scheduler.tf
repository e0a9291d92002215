# The account of scheduled calls. It has no rights; functions look for its name in the token.

resource "google_service_account" "scheduler" {
  project      = var.project_id
  account_id   = "${local.prefix}-scheduler"
  display_name = "Penstock: scheduled calls"

  depends_on = [terraform_data.apis]
}

locals {
  scheduler_account = "${google_service_account.scheduler.account_id}@${local.account_domain}"
}
