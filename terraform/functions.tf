# Deployments: each is a function with its own account, its own database user and its own share of the connections.

locals {
  # A deployment by its name, with the slices that it serves and its row of the budget.
  deployments = { for name, row in local.functions : name => { slices = row.slices, budget = row } }

  # The deployment that serves a slice.
  serving = merge([for name, it in local.plan.deployments : { for slice in it.slices : slice => name }]...)

  # The needs of a deployment are the combined needs of its slices.
  needs = { for name, it in local.deployments : name => {
    environment = merge(
      { for setting, value in local.values : setting => value if contains(it.budget.settings, setting) },
      [for slice in it.slices : merge(lookup(var.function_settings, slice, {}), local.slices[slice].environment)]...
    )
    secrets    = { for setting, secret in local.mounts : setting => secret if contains(it.budget.settings, setting) }
    callers    = distinct([for slice in it.slices : local.slices[slice].caller if local.slices[slice].caller != null])
    archive    = distinct([for slice in it.slices : local.slices[slice].archive if local.slices[slice].archive != null])
    operations = alltrue([for slice in it.slices : local.slices[slice].operations])
    slow_ms    = max([for slice in it.slices : local.slices[slice].slow_ms]...)
  } }

  # The audience of callers' tokens. A function cannot know its own URL, so it is a fixed text.
  audiences = { for name in keys(local.deployments) : name => "penstock/${var.project_id}/${name}" }
}

module "functions" {
  source   = "./modules/function"
  for_each = local.deployments

  name          = each.key
  budget        = each.value.budget
  platform      = local.platform
  min_instances = lookup(var.min_instances, each.key, 0)
  secrets       = local.needs[each.key].secrets
  # These functions are called only by the scheduler and by operators. Pub/Sub and Cloud Scheduler of this project count as internal.
  ingress = local.needs[each.key].operations && !local.gateway && !var.operations_public ? "ALLOW_INTERNAL_ONLY" : local.platform.ingress
  environment = merge(local.needs[each.key].environment, length(local.needs[each.key].callers) == 0 ? {} : {
    OIDC_AUDIENCE = local.audiences[each.key]
    OIDC_EMAILS   = join(",", local.needs[each.key].callers)
  })
}

# The rights of a deployment on the archive's objects.
resource "google_storage_bucket_iam_member" "archive" {
  for_each = { for name, it in local.needs : name => it.archive[0] if length(it.archive) > 0 }

  bucket = google_storage_bucket.archive.name
  role   = each.value
  member = "serviceAccount:${module.functions[each.key].account}"
}

module "jobs" {
  source   = "./modules/scheduled"
  for_each = local.scheduled

  name      = each.key
  schedules = local.schedules
  platform  = local.platform
  call = {
    uri      = module.functions[local.serving[each.key]].uri
    audience = local.audiences[local.serving[each.key]]
    account  = local.scheduler_account
  }
  age = {
    service = module.functions[local.serving[coalesce(local.slices[each.key].age_from, each.key)]].name
    bounds  = local.slices[each.key].age_bounds
  }
  late = local.slices[each.key].late == null ? null : merge(local.slices[each.key].late, { playbook = local.playbooks["${each.key}-age"] })
}
