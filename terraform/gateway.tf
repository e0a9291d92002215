# One base URL for all functions: a load balancer that routes by path and method, from the table that the local gateway uses.
# Optional: it costs about as much as the small database.

locals {
  backends = { for name, it in module.functions : name => it.name if local.gateway }

  # Longer names first, because /health/metrics-ingest is also a prefix of /health/metrics-ingest-pubsub.
  by_length   = reverse(sort([for name in keys(local.backends) : format("%03d %s", length(name), name)]))
  health_rule = [for entry in local.by_length : { function = substr(entry, 4, -1), prefix = "/health/${substr(entry, 4, -1)}" }]
}

resource "google_compute_global_address" "gateway" {
  count = local.gateway ? 1 : 0

  project = var.project_id
  name    = "${local.prefix}-gateway"

  depends_on = [terraform_data.apis]
}

resource "google_compute_region_network_endpoint_group" "functions" {
  for_each = local.backends

  project               = var.project_id
  region                = var.region
  name                  = each.value
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = each.value
  }
}

resource "google_compute_backend_service" "functions" {
  for_each = local.backends

  project               = var.project_id
  name                  = each.value
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_security_policy.gateway[0].id

  backend {
    group = google_compute_region_network_endpoint_group.functions[each.key].id
  }

  # For requests that Cloud Armor refuses. The functions log the others themselves, so the sink _Default omits those (logs.tf);
  # when that sink is not managed here nothing is logged, because these lines hold whole URLs.
  log_config {
    enable      = var.manage_default_log_sink
    sample_rate = var.manage_default_log_sink ? 1 : null
  }
}

resource "google_compute_security_policy" "gateway" {
  count = local.gateway ? 1 : 0

  project     = var.project_id
  name        = "${local.prefix}-gateway"
  description = "Limits for one address. Bodies are not inspected, because a batch of points can resemble an attack"

  rule {
    action      = "throttle"
    priority    = 1000
    description = "Requests per minute of one address"

    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }

    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"

      rate_limit_threshold {
        count        = var.gateway_requests_per_minute
        interval_sec = 60
      }
    }
  }

  rule {
    action      = "allow"
    priority    = 2147483647
    description = "All other requests"

    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  adaptive_protection_config {
    layer_7_ddos_defense_config {
      enable = true
    }
  }

  depends_on = [terraform_data.apis]
}

resource "google_compute_url_map" "gateway" {
  count = local.gateway ? 1 : 0

  project = var.project_id
  name    = "${local.prefix}-gateway"
  # Answers unknown paths with our own form of 404.
  default_service = google_compute_backend_service.functions[local.serving["metrics-query"]].id

  host_rule {
    hosts        = ["*"]
    path_matcher = "routes"
  }

  path_matcher {
    name            = "routes"
    default_service = google_compute_backend_service.functions[local.serving["metrics-query"]].id

    dynamic "route_rules" {
      for_each = local.routes
      content {
        priority = route_rules.key + 1
        service  = google_compute_backend_service.functions[route_rules.value.function].id

        # One slash more at the end makes no difference to a function. A path that ends in /* stands for itself and for everything below
        # it. Envoy, of which the load balancer is made, takes a template that ends in a slash, as its tests of `/api/*/*/` show.
        dynamic "match_rules" {
          for_each = strcontains(route_rules.value.path, "{") ? [route_rules.value.path, "${route_rules.value.path}/"] : [trimsuffix(route_rules.value.path, "/*"), "${trimsuffix(route_rules.value.path, "*")}${endswith(route_rules.value.path, "/*") ? "" : "/"}"]
          content {
            full_path_match     = strcontains(match_rules.value, "{") || (endswith(route_rules.value.path, "/*") && match_rules.key == 1) ? null : match_rules.value
            prefix_match        = endswith(route_rules.value.path, "/*") && match_rules.key == 1 ? match_rules.value : null
            path_template_match = strcontains(match_rules.value, "{") ? match_rules.value : null

            # The rule without a method sends the path's other methods to a function with that path, which answers preflights and 405.
            dynamic "header_matches" {
              for_each = route_rules.value.method == null ? [] : [route_rules.value.method]
              content {
                header_name = ":method"
                exact_match = header_matches.value
              }
            }
          }
        }
      }
    }

    dynamic "route_rules" {
      for_each = local.health_rule
      content {
        priority = length(local.routes) + route_rules.key + 1
        service  = google_compute_backend_service.functions[route_rules.value.function].id

        match_rules {
          prefix_match = route_rules.value.prefix
        }

        route_action {
          url_rewrite {
            path_prefix_rewrite = "/health"
          }
        }
      }
    }
  }
}

resource "google_compute_managed_ssl_certificate" "gateway" {
  count = local.gateway ? 1 : 0

  project = var.project_id
  # A certificate cannot be changed: for another domain a new one is made before the old one is destroyed.
  name = "${local.prefix}-${substr(sha256(coalesce(var.gateway_domain, "none")), 0, 8)}"

  managed {
    domains = [var.gateway_domain]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [terraform_data.apis]
}

resource "google_compute_target_https_proxy" "gateway" {
  count = local.gateway ? 1 : 0

  project          = var.project_id
  name             = "${local.prefix}-gateway"
  url_map          = google_compute_url_map.gateway[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.gateway[0].id]
  ssl_policy       = google_compute_ssl_policy.gateway[0].id
}

# Without a policy a proxy also speaks TLS 1.0 and 1.1.
resource "google_compute_ssl_policy" "gateway" {
  count = local.gateway ? 1 : 0

  project         = var.project_id
  name            = "${local.prefix}-gateway"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"

  depends_on = [terraform_data.apis]
}

# Port 80 redirects to the same URL with https, and forwards nothing.
resource "google_compute_url_map" "redirect" {
  count = local.gateway ? 1 : 0

  project = var.project_id
  name    = "${local.prefix}-redirect"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "PERMANENT_REDIRECT"
    strip_query            = false
  }

  depends_on = [terraform_data.apis]
}

resource "google_compute_target_http_proxy" "redirect" {
  count = local.gateway ? 1 : 0

  project = var.project_id
  name    = "${local.prefix}-redirect"
  url_map = google_compute_url_map.redirect[0].id
}

resource "google_compute_global_forwarding_rule" "redirect" {
  count = local.gateway ? 1 : 0

  project               = var.project_id
  name                  = "${local.prefix}-redirect"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.gateway[0].address
  ip_protocol           = "TCP"
  port_range            = "80"
  target                = google_compute_target_http_proxy.redirect[0].id
}

resource "google_compute_global_forwarding_rule" "gateway" {
  count = local.gateway ? 1 : 0

  project               = var.project_id
  name                  = "${local.prefix}-gateway"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.gateway[0].address
  ip_protocol           = "TCP"
  port_range            = "443"
  target                = google_compute_target_https_proxy.gateway[0].id
}
