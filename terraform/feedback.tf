# Takes and answers what users say of insights.

module "feedback" {
  source = "./modules/function"

  name          = "feedback"
  budget        = local.functions["feedback"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "feedback", 0)
  environment   = merge(lookup(var.function_settings, "feedback", {}), local.cache_environment)
}
