# Moves points from the log into chunks, and computes the roll-ups of their hours; every minute.

module "compaction" {
  source = "./modules/function"

  name          = "compaction"
  budget        = local.functions["compaction"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "compaction", 0)
  # A run begins nothing new after a minute, and a call may wait two for another.
  slow_ms = 240000
  environment = merge(lookup(var.function_settings, "compaction", {}), {
    OIDC_AUDIENCE = local.compaction_audience
    OIDC_EMAILS   = local.scheduler_account
  })
}

locals {
  compaction_audience = "penstock/${var.project_id}/compaction"
}

module "compaction_job" {
  source = "./modules/scheduled"

  name      = "compaction"
  schedules = local.schedules
  platform  = local.platform
  call = {
    uri      = module.compaction.uri
    audience = local.compaction_audience
    account  = local.scheduler_account
  }
  age = {
    service = module.compaction.name
    bounds  = [0, 60, 300, 360, 600, 900, 1200, 1800, 3600, 7200, 21600, 86400]
  }
  late = {
    after_s  = 1800
    title    = "points have not been compacted for 30 minutes"
    subject  = "Points are not being compacted"
    playbook = local.playbooks["compaction-age"]
  }
}
