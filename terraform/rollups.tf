# Rolls up the hours that are over, and those that were written to since; every 5 minutes.

module "rollups" {
  source = "./modules/function"

  name          = "rollups"
  budget        = local.functions["rollups"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "rollups", 0)
  # A run begins nothing new after a minute, and a call may wait two for another.
  slow_ms = 240000
  environment = merge(lookup(var.function_settings, "rollups", {}), {
    OIDC_AUDIENCE = local.rollups_audience
    OIDC_EMAILS   = local.scheduler_account
  })
}

locals {
  rollups_audience = "penstock/${var.project_id}/rollups"
}

module "rollups_job" {
  source = "./modules/scheduled"

  name      = "rollups"
  schedules = local.schedules
  platform  = local.platform
  call = {
    uri      = module.rollups.uri
    audience = local.rollups_audience
    account  = local.scheduler_account
  }
  age = {
    service = module.rollups.name
    bounds  = [0, 60, 300, 360, 600, 900, 1200, 1800, 3600, 7200, 21600, 86400]
  }
  late = {
    after_s  = 1800
    title    = "roll-ups have not been computed for 30 minutes"
    subject  = "Roll-ups are not being computed"
    playbook = local.playbooks["rollups-age"]
  }
}
