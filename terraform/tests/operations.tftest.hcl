# Schedules, alerts, logs and buckets.

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

run "jobs_buckets_and_logs_are_as_declared_and_nothing_optional_is_on" {
  command = plan

  assert {
    condition     = toset(keys(module.jobs["partitions"].jobs)) == toset(["partitions"])
    error_message = "the jobs are ${join(", ", keys(module.jobs["partitions"].jobs))}"
  }

  assert {
    condition     = module.jobs["partitions"].jobs["partitions"].schedule == "*/5 * * * *" && module.jobs["partitions"].jobs["partitions"].time_zone == "Etc/UTC"
    error_message = "partitions do not run every 5 minutes in UTC"
  }

  assert {
    condition     = module.jobs["partitions"].jobs["partitions"].attempt_deadline == "1800s"
    error_message = "another deadline than 1800 s"
  }

  assert {
    condition     = module.jobs["partitions"].jobs["partitions"].http_target[0].headers["Content-Type"] == "application/json" && module.jobs["partitions"].jobs["partitions"].http_target[0].body == base64encode("{}")
    error_message = "the body is not JSON, or not said to be"
  }

  assert {
    condition     = module.jobs["partitions"].jobs["partitions"].http_target[0].oidc_token[0].audience == "penstock/example-project/partitions" && module.jobs["partitions"].jobs["partitions"].http_target[0].oidc_token[0].service_account_email == "penstock-scheduler@example-project.iam.gserviceaccount.com"
    error_message = "the call does not say who it is as the function expects"
  }

  assert {
    condition     = toset(keys(module.jobs["compaction"].jobs)) == toset(["compaction"]) && module.jobs["compaction"].jobs["compaction"].schedule == "* * * * *" && module.jobs["compaction"].jobs["compaction"].attempt_deadline == "1800s"
    error_message = "points are not compacted every minute, or have another deadline"
  }

  assert {
    condition     = output.trusted["partitions"] == { audience = "penstock/example-project/partitions", emails = "penstock-scheduler@example-project.iam.gserviceaccount.com" }
    error_message = "the function trusts another audience or another account than the job has"
  }

  assert {
    condition     = module.jobs["retention"].jobs["retention"].schedule == "0 2 * * *" && module.jobs["retention"].jobs["retention"].time_zone == "Etc/UTC" && module.jobs["retention"].jobs["retention"].http_target[0].oidc_token[0].audience == output.trusted["retention"].audience
    error_message = "retention does not run daily at 02:00 UTC, or does not say who calls"
  }

  assert {
    condition     = google_storage_bucket_iam_member.archive["retention"].role == "roles/storage.objectUser" && google_storage_bucket_iam_member.archive["retention"].member == "serviceAccount:penstock-retention@example-project.iam.gserviceaccount.com"
    error_message = "retention may not write to the archive, or more than that"
  }

  assert {
    condition     = google_storage_bucket_iam_member.admin_archive.role == "roles/storage.objectUser" && google_storage_bucket_iam_member.admin_archive.member == "serviceAccount:penstock-admin@example-project.iam.gserviceaccount.com"
    error_message = "the admin job cannot erase from the archive, or may do more than that"
  }

  assert {
    condition     = google_storage_bucket_iam_member.archive["metrics-query"].role == "roles/storage.objectViewer" && google_storage_bucket_iam_member.archive["metrics-query"].member == "serviceAccount:penstock-metrics-query@example-project.iam.gserviceaccount.com"
    error_message = "metrics-query reads the archive, and nothing more"
  }

  assert {
    condition     = alltrue([for bucket in [google_storage_bucket.archive, google_storage_bucket.bundles] : bucket.uniform_bucket_level_access && bucket.public_access_prevention == "enforced" && !bucket.force_destroy])
    error_message = "a bucket is open, or goes with what is in it"
  }

  assert {
    condition     = alltrue([for bucket in [google_storage_bucket.archive, google_storage_bucket.bundles] : bucket.soft_delete_policy[0].retention_duration_seconds == 604800])
    error_message = "what is deleted by mistake is gone"
  }

  assert {
    condition     = [for rule in google_storage_bucket.archive.lifecycle_rule : one(rule.condition).age if one(rule.action).type == "Delete"] == [455, 30, 30]
    error_message = "the archive's objects are not deleted 90 days after cold storage, or those in staging/ and held/ not after 30 days"
  }

  assert {
    condition     = { for service, it in google_project_iam_audit_config.reads : service => join(",", sort([for entry in it.audit_log_config : entry.log_type])) } == { "secretmanager.googleapis.com" = "DATA_READ", "storage.googleapis.com" = "DATA_READ,DATA_WRITE" }
    error_message = "who reads a secret, or reads, writes or deletes an object, is not recorded"
  }

  assert {
    condition     = google_logging_project_bucket_config.audit.retention_days == 400
    error_message = "audit lines are not kept 400 days"
  }

  assert {
    condition     = strcontains(google_logging_project_sink.default[0].exclusions[0].filter, "httpRequest.status>=200 AND httpRequest.status<300")
    error_message = "routine requests are kept, or others are not"
  }

  assert {
    condition     = length(google_redis_instance.cache) == 0 && length(google_bigquery_table.metrics) == 0 && length(google_compute_url_map.gateway) == 0 && length(google_sql_database_instance.replica) == 0
    error_message = "something optional is on"
  }
}

run "alerts_open_at_their_thresholds_and_the_safety_net_moves_with_cold_storage" {
  command = plan

  variables {
    tier                = "standard"
    cold_days           = 1000
    notification_emails = ["on-call@example.com"]
  }

  assert {
    condition = { for name, alert in google_monitoring_alert_policy.database : name => alert.conditions[0].condition_threshold[0].threshold_value } == {
      connections = 80
      cpu         = 0.7
      memory      = 0.8
      disk        = 0.8
      deadlocks   = 0
    }
    error_message = "a database alert has another threshold"
  }

  assert {
    condition     = length(google_monitoring_alert_policy.latency.conditions) == 3 && { for it in google_monitoring_alert_policy.latency.conditions : it.condition_threshold[0].threshold_value => length(split(",", it.condition_threshold[0].filter)) } == { "2000" = length(output.functions) - 8, "5000" = 4, "1500000" = 4 }
    error_message = "a function's latency has another threshold"
  }

  assert {
    condition     = alltrue([for it in google_monitoring_alert_policy.latency.conditions : join("", it.condition_threshold[0].aggregations[0].group_by_fields) == "resource.label.service_name"])
    error_message = "one slow function is hidden among fast ones"
  }

  assert {
    condition     = strcontains(google_monitoring_alert_policy.errors.conditions[0].condition_prometheus_query_language[0].query, " > 0.05) and sum by (service_name) (") && endswith(google_monitoring_alert_policy.errors.conditions[0].condition_prometheus_query_language[0].query, "[10m])) >= 5")
    error_message = "errors have another threshold, or one answer opens the alert"
  }

  assert {
    condition     = google_monitoring_alert_policy.latency.documentation[0].content == "Playbook: docs/playbooks/latency.md" && google_monitoring_alert_policy.errors.documentation[0].content == "Playbook: docs/playbooks/errors.md"
    error_message = "an alert names no playbook"
  }

  assert {
    condition     = module.jobs["partitions"].late.conditions[0].condition_threshold[0].threshold_value == 1800 && module.jobs["partitions"].late.conditions[1].condition_absent[0].duration == "1800s"
    error_message = "the age of partitions is not watched at 30 minutes"
  }

  assert {
    condition     = module.jobs["compaction"].late.conditions[0].condition_threshold[0].threshold_value == 1800 && module.jobs["compaction"].late.conditions[1].condition_absent[0].duration == "1800s" && module.jobs["compaction"].late.documentation[0].content == "Playbook: docs/playbooks/compaction-age.md"
    error_message = "the age of compaction is not watched at 30 minutes, or its alert names another playbook"
  }

  assert {
    condition     = contains(module.jobs["partitions"].age.bucket_options[0].explicit_buckets[0].bounds, 1800)
    error_message = "without a bound at its threshold the alert is a guess"
  }

  assert {
    condition     = [for condition in google_monitoring_alert_policy.retention.conditions : condition.condition_threshold[0].threshold_value] == [93600, 0] && contains(module.jobs["retention"].age.bucket_options[0].explicit_buckets[0].bounds, 93600)
    error_message = "retention is not watched at 26 hours, or its failures are not"
  }

  assert {
    condition     = google_monitoring_alert_policy.retention.documentation[0].content == "Playbook: docs/playbooks/retention.md"
    error_message = "the retention alert names another playbook"
  }

  assert {
    condition     = alltrue([for condition in google_monitoring_alert_policy.dead_letters.conditions : condition.condition_threshold[0].threshold_value == 0])
    error_message = "a dead letter is not told of at once"
  }

  assert {
    condition     = alltrue([for name, alert in google_monitoring_alert_policy.database : alert.documentation[0].content == "Playbook: docs/playbooks/${name}.md"])
    error_message = "a database alert names no playbook"
  }

  assert {
    condition     = google_monitoring_alert_policy.dead_letters.documentation[0].content == "Playbook: docs/playbooks/dead-letters.md" && module.jobs["partitions"].late.documentation[0].content == "Playbook: docs/playbooks/partitions-age.md"
    error_message = "an alert names another playbook"
  }

  assert {
    condition     = google_monitoring_notification_channel.email["on-call@example.com"].labels["email_address"] == "on-call@example.com"
    error_message = "nobody is told"
  }

  assert {
    condition     = [for rule in google_storage_bucket.archive.lifecycle_rule : one(rule.condition).age if one(rule.action).type == "Delete"] == [1090, 30, 30]
    error_message = "the safety net is not 90 days behind cold storage"
  }
}

run "functions_that_keep_answers_are_told_of_redis" {
  command = plan

  variables {
    redis_enabled = true
  }

  assert {
    condition     = [for name, it in output.functions : name if contains(it.settings, "REDIS_URL") && contains(it.settings, "REDIS_CA")] == ["backfill", "feedback", "metrics-query"]
    error_message = "a function that keeps answers does not know where Redis is, or another does"
  }

  assert {
    condition     = google_redis_instance.cache[0].transit_encryption_mode == "SERVER_AUTHENTICATION"
    error_message = "Redis is talked to in the clear, which functions refuse"
  }
}
