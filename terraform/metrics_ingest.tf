# Takes points in over HTTP.

module "metrics_ingest" {
  source = "./modules/function"

  name          = "metrics-ingest"
  budget        = local.functions["metrics-ingest"]
  platform      = local.platform
  min_instances = lookup(var.min_instances, "metrics-ingest", 0)
  environment   = lookup(var.function_settings, "metrics-ingest", {})
  secrets       = { POINT_ID_KEY = local.point_id }
}
