# Redis, for caches. It is off by default, and every function works without it.

locals {
  redis_url = one([for it in google_redis_instance.cache : "rediss://${it.host}:${it.port}"])

  # Settings of functions that cache answers.
  cache_environment = { for name, value in {
    REDIS_URL = local.redis_url
    # Several certificates while Google replaces one.
    REDIS_CA = one([for it in google_redis_instance.cache : join("\n", it.server_ca_certs[*].cert)])
  } : name => value if var.redis_enabled }
}

resource "google_redis_instance" "cache" {
  count = var.redis_enabled ? 1 : 0

  project                 = var.project_id
  region                  = var.region
  name                    = "${local.prefix}-cache"
  tier                    = var.tier == "large" ? "STANDARD_HA" : "BASIC"
  memory_size_gb          = 1
  redis_version           = "REDIS_7_2"
  authorized_network      = google_compute_network.this.id
  connect_mode            = "PRIVATE_SERVICE_ACCESS"
  transit_encryption_mode = "SERVER_AUTHENTICATION"
  labels                  = var.labels
  # A full cache evicts the least recently used entry.
  redis_configs = { "maxmemory-policy" = "allkeys-lru" }

  depends_on = [google_service_networking_connection.services]
}
