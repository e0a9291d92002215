# The load balancer: one base URL, with the routes of the local gateway.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

mock_provider "google-beta" {}

variables {
  tier          = "standard"
  project_id    = "example-project"
  region        = "europe-west1"
  backup_region = "europe-west3"
  admin_image   = "europe-west1-docker.pkg.dev/example-project/penstock/admin:1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bundles_dir   = "./tests/fixtures/bundles"
}

run "requests_are_routed_by_path_and_method_and_nothing_else_comes_in" {
  command = plan

  variables {
    gateway_domain              = "metrics.example.com"
    gateway_requests_per_minute = 1200
  }

  assert {
    condition = [for rule in google_compute_url_map.gateway[0].path_matcher[0].route_rules : {
      path = (
        strcontains(local.routes[rule.priority - 1].path, "{") ? rule.match_rules[0].path_template_match :
        !endswith(local.routes[rule.priority - 1].path, "/*") ? rule.match_rules[0].full_path_match : "${rule.match_rules[1].prefix_match}*"
      )
      method = try(rule.match_rules[0].header_matches[0].exact_match, null)
      } if rule.priority <= length(local.routes)] == [for route in local.routes : {
      path   = route.path
      method = route.method
    }]
    error_message = "the load balancer's rules are not the route table's"
  }

  assert {
    condition     = alltrue([for rule in google_compute_url_map.gateway[0].path_matcher[0].route_rules : rule.match_rules[0].header_matches[0].header_name == ":method" if length(rule.match_rules[0].header_matches) > 0])
    error_message = "a rule looks at another header than the method"
  }

  assert {
    condition     = length(distinct([for rule in google_compute_url_map.gateway[0].path_matcher[0].route_rules : rule.priority])) == length(google_compute_url_map.gateway[0].path_matcher[0].route_rules)
    error_message = "two rules have one priority"
  }

  assert {
    condition     = toset(keys(google_compute_backend_service.functions)) == toset(keys(output.functions))
    error_message = "a function has no backend"
  }

  assert {
    condition     = alltrue([for it in values(output.functions) : it.ingress == "ALLOW_INTERNAL_AND_GCLB"])
    error_message = "a function can be reached around the load balancer"
  }

  assert {
    condition     = toset(local.health_rule[*].function) == toset(keys(output.functions))
    error_message = "a function's health cannot be asked"
  }

  assert {
    condition     = index(local.health_rule[*].function, "metrics-ingest-pubsub") < index(local.health_rule[*].function, "metrics-ingest")
    error_message = "metrics-ingest would answer for metrics-ingest-pubsub"
  }

  assert {
    condition     = [for rule in google_compute_security_policy.gateway[0].rule : rule.rate_limit_options[0].rate_limit_threshold[0].count if rule.action == "throttle"] == [1200]
    error_message = "no limit of requests an address"
  }

  assert {
    condition     = alltrue([for backend in google_compute_backend_service.functions : backend.load_balancing_scheme == "EXTERNAL_MANAGED"])
    error_message = "the classic load balancer does not route by method"
  }

  assert {
    condition     = google_compute_ssl_policy.gateway[0].min_tls_version == "TLS_1_2"
    error_message = "the load balancer speaks TLS 1.0 or 1.1"
  }

  assert {
    condition     = google_compute_url_map.redirect[0].default_url_redirect[0].https_redirect && google_compute_global_forwarding_rule.redirect[0].port_range == "80"
    error_message = "http does not lead to https"
  }

  assert {
    condition     = alltrue([for it in google_compute_backend_service.functions : it.log_config[0].enable && it.log_config[0].sample_rate == 1]) && anytrue([for it in google_logging_project_sink.default[0].exclusions : strcontains(it.filter, "NOT jsonPayload.statusDetails=\"denied_by_security_policy\"")])
    error_message = "what Cloud Armor refuses is not logged, or everything is"
  }
}

run "nothing_is_logged_where_the_default_sink_is_somebody_elses" {
  command = plan

  variables {
    gateway_domain          = "metrics.example.com"
    manage_default_log_sink = false
  }

  assert {
    condition     = alltrue([for it in google_compute_backend_service.functions : !it.log_config[0].enable])
    error_message = "whole URLs are logged"
  }
}
