# Keeps backfill jobs, and hands their ranges to workers.

module "backfill" {
  source = "./modules/function"

  name          = "backfill"
  budget        = local.functions["backfill"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "backfill", 0)
  environment   = merge(lookup(var.function_settings, "backfill", {}), local.cache_environment)
}
