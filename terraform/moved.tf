# Moves resources from their addresses in the previous release, so that a plan over its state destroys nothing. Its root was terraform/examples/<tier>, whose
# module "penstock" held everything; each function had a module of its own.

moved {
  from = module.penstock.module.backfill
  to   = module.backfill
}

moved {
  from = module.backfill
  to   = module.functions["backfill"]
}

moved {
  from = module.penstock.module.feedback
  to   = module.feedback
}

moved {
  from = module.feedback
  to   = module.functions["feedback"]
}

moved {
  from = module.penstock.module.metrics_ingest
  to   = module.metrics_ingest
}

moved {
  from = module.metrics_ingest
  to   = module.functions["metrics-ingest"]
}

moved {
  from = module.penstock.module.metrics_ingest_pubsub
  to   = module.metrics_ingest_pubsub
}

moved {
  from = module.metrics_ingest_pubsub
  to   = module.functions["metrics-ingest-pubsub"]
}

moved {
  from = module.penstock.module.metrics_query
  to   = module.metrics_query
}

moved {
  from = module.metrics_query
  to   = module.functions["metrics-query"]
}

moved {
  from = module.penstock.module.partitions
  to   = module.partitions
}

moved {
  from = module.partitions
  to   = module.functions["partitions"]
}

moved {
  from = module.penstock.module.partitions_job
  to   = module.partitions_job
}

moved {
  from = module.partitions_job
  to   = module.jobs["partitions"]
}

moved {
  from = module.penstock.module.retention
  to   = module.retention
}

moved {
  from = module.retention
  to   = module.functions["retention"]
}

moved {
  from = module.penstock.module.retention_job
  to   = module.retention_job
}

moved {
  from = module.retention_job
  to   = module.jobs["retention"]
}

moved {
  from = module.penstock.module.rollups
  to   = module.rollups
}

moved {
  from = module.rollups
  to   = module.functions["rollups"]
}

moved {
  from = module.penstock.module.rollups_job
  to   = module.rollups_job
}

moved {
  from = module.rollups_job
  to   = module.jobs["rollups"]
}

moved {
  from = module.penstock.google_service_account.admin
  to   = google_service_account.admin
}

moved {
  from = module.penstock.google_secret_manager_secret_iam_member.admin_password
  to   = google_secret_manager_secret_iam_member.admin_password
}

moved {
  from = module.penstock.google_secret_manager_secret_iam_member.admin_key_checksum_key
  to   = google_secret_manager_secret_iam_member.admin_key_checksum_key
}

moved {
  from = module.penstock.google_secret_manager_secret_iam_member.admin_keys
  to   = google_secret_manager_secret_iam_member.admin_keys
}

moved {
  from = module.penstock.google_storage_bucket_iam_member.admin_archive
  to   = google_storage_bucket_iam_member.admin_archive
}

moved {
  from = module.penstock.google_cloud_run_v2_job.admin
  to   = google_cloud_run_v2_job.admin
}

moved {
  from = module.penstock.google_monitoring_notification_channel.email
  to   = google_monitoring_notification_channel.email
}

moved {
  from = module.penstock.google_monitoring_alert_policy.database
  to   = google_monitoring_alert_policy.database
}

moved {
  from = module.penstock.google_bigquery_dataset.archive
  to   = google_bigquery_dataset.archive
}

moved {
  from = module.penstock.google_bigquery_table.metrics
  to   = google_bigquery_table.metrics
}

moved {
  from = module.penstock.google_service_account.build
  to   = google_service_account.build
}

moved {
  from = module.penstock.google_artifact_registry_repository.images
  to   = google_artifact_registry_repository.images
}

moved {
  from = module.penstock.google_project_iam_member.build
  to   = google_project_iam_member.build
}

moved {
  from = module.penstock.google_monitoring_dashboard.suite
  to   = google_monitoring_dashboard.suite
}

moved {
  from = module.penstock.google_sql_database_instance.main
  to   = google_sql_database_instance.main
}

moved {
  from = module.penstock.google_sql_database.penstock
  to   = google_sql_database.penstock
}

moved {
  from = module.penstock.google_sql_database_instance.replica
  to   = google_sql_database_instance.replica
}

moved {
  from = module.penstock.google_compute_global_address.gateway
  to   = google_compute_global_address.gateway
}

moved {
  from = module.penstock.google_compute_region_network_endpoint_group.functions
  to   = google_compute_region_network_endpoint_group.functions
}

moved {
  from = module.penstock.google_compute_backend_service.functions
  to   = google_compute_backend_service.functions
}

moved {
  from = module.penstock.google_compute_security_policy.gateway
  to   = google_compute_security_policy.gateway
}

moved {
  from = module.penstock.google_compute_url_map.gateway
  to   = google_compute_url_map.gateway
}

moved {
  from = module.penstock.google_compute_managed_ssl_certificate.gateway
  to   = google_compute_managed_ssl_certificate.gateway
}

moved {
  from = module.penstock.google_compute_target_https_proxy.gateway
  to   = google_compute_target_https_proxy.gateway
}

moved {
  from = module.penstock.google_compute_global_forwarding_rule.gateway
  to   = google_compute_global_forwarding_rule.gateway
}

moved {
  from = module.penstock.google_logging_project_sink.default
  to   = google_logging_project_sink.default
}

moved {
  from = module.penstock.google_logging_project_bucket_config.audit
  to   = google_logging_project_bucket_config.audit
}

moved {
  from = module.penstock.google_logging_project_sink.audit
  to   = google_logging_project_sink.audit
}

moved {
  from = module.penstock.google_project_iam_audit_config.reads
  to   = google_project_iam_audit_config.reads
}

moved {
  from = module.penstock.google_service_account.push
  to   = google_service_account.push
}

moved {
  from = module.penstock.google_service_account_iam_member.push_tokens
  to   = google_service_account_iam_member.push_tokens
}

moved {
  from = module.penstock.google_pubsub_topic.metrics
  to   = google_pubsub_topic.metrics
}

moved {
  from = module.penstock.google_pubsub_topic_iam_member.publishers
  to   = google_pubsub_topic_iam_member.publishers
}

moved {
  from = module.penstock.google_pubsub_subscription.metrics
  to   = google_pubsub_subscription.metrics
}

moved {
  from = module.penstock.google_pubsub_topic.dead_letters
  to   = google_pubsub_topic.dead_letters
}

moved {
  from = module.penstock.google_pubsub_subscription.dead_letters
  to   = google_pubsub_subscription.dead_letters
}

moved {
  from = module.penstock.google_pubsub_topic_iam_member.dead_letters
  to   = google_pubsub_topic_iam_member.dead_letters
}

moved {
  from = module.penstock.google_pubsub_subscription_iam_member.dead_letters
  to   = google_pubsub_subscription_iam_member.dead_letters
}

moved {
  from = module.penstock.google_logging_metric.dead_letters
  to   = google_logging_metric.dead_letters
}

moved {
  from = module.penstock.google_monitoring_alert_policy.dead_letters
  to   = google_monitoring_alert_policy.dead_letters
}

moved {
  from = module.penstock.google_storage_bucket_iam_member.metrics_query
  to   = google_storage_bucket_iam_member.metrics_query
}

moved {
  from = module.penstock.google_compute_network.this
  to   = google_compute_network.this
}

moved {
  from = module.penstock.google_compute_subnetwork.functions
  to   = google_compute_subnetwork.functions
}

moved {
  from = module.penstock.google_compute_global_address.services
  to   = google_compute_global_address.services
}

moved {
  from = module.penstock.google_service_networking_connection.services
  to   = google_service_networking_connection.services
}

moved {
  from = module.penstock.google_monitoring_alert_policy.role_changed
  to   = google_monitoring_alert_policy.role_changed
}

moved {
  from = module.penstock.google_sql_user.reader
  to   = google_sql_user.reader
}

moved {
  from = module.penstock.google_project_iam_member.reader
  to   = google_project_iam_member.reader
}

moved {
  from = module.penstock.google_redis_instance.cache
  to   = google_redis_instance.cache
}

moved {
  from = module.penstock.google_storage_bucket_iam_member.retention
  to   = google_storage_bucket_iam_member.retention
}

moved {
  from = module.penstock.google_logging_metric.retention_failed
  to   = google_logging_metric.retention_failed
}

moved {
  from = module.penstock.google_monitoring_alert_policy.retention
  to   = google_monitoring_alert_policy.retention
}

moved {
  from = module.penstock.google_service_account.scheduler
  to   = google_service_account.scheduler
}

moved {
  from = module.penstock.google_secret_manager_secret.cursor_key
  to   = google_secret_manager_secret.cursor_key
}

moved {
  from = module.penstock.google_secret_manager_secret_version.cursor_key
  to   = google_secret_manager_secret_version.cursor_key
}

moved {
  from = module.penstock.google_secret_manager_secret.point_id_key
  to   = google_secret_manager_secret.point_id_key
}

moved {
  from = module.penstock.google_secret_manager_secret_version.point_id_key
  to   = google_secret_manager_secret_version.point_id_key
}

moved {
  from = module.penstock.google_secret_manager_secret.key_checksum_key
  to   = google_secret_manager_secret.key_checksum_key
}

moved {
  from = module.penstock.google_secret_manager_secret_version.key_checksum_key
  to   = google_secret_manager_secret_version.key_checksum_key
}

moved {
  from = module.penstock.google_secret_manager_secret.postgres_password
  to   = google_secret_manager_secret.postgres_password
}

moved {
  from = module.penstock.google_secret_manager_secret_version.postgres_password
  to   = google_secret_manager_secret_version.postgres_password
}

moved {
  from = module.penstock.google_sql_user.postgres
  to   = google_sql_user.postgres
}

moved {
  from = module.penstock.google_secret_manager_secret.keys
  to   = google_secret_manager_secret.keys
}

moved {
  from = module.penstock.google_project_service.apis
  to   = google_project_service.apis
}

moved {
  from = module.penstock.google_storage_bucket.archive
  to   = google_storage_bucket.archive
}

moved {
  from = module.penstock.google_storage_bucket.bundles
  to   = google_storage_bucket.bundles
}

moved {
  from = google_storage_bucket_iam_member.metrics_query
  to   = google_storage_bucket_iam_member.archive["metrics-query"]
}

moved {
  from = google_storage_bucket_iam_member.retention
  to   = google_storage_bucket_iam_member.archive["retention"]
}

# Two grants of the build account: one with a condition that Artifact Registry does not know, and one on every function's sources in the
# project. docs/deploy.md has the commands that remove them.

moved {
  from = google_project_iam_member.build["roles/artifactregistry.writer"]
  to   = google_project_iam_member.build_images_before
}

moved {
  from = google_project_iam_member.build["roles/storage.objectViewer"]
  to   = google_project_iam_member.build_sources_before
}

removed {
  from = google_project_iam_member.build_images_before

  lifecycle {
    destroy = false
  }
}

removed {
  from = google_project_iam_member.build_sources_before

  lifecycle {
    destroy = false
  }
}

# These were replaced by one policy of each kind; docs/deploy.md has the command that deletes them.
removed {
  from = module.functions.google_monitoring_alert_policy.latency

  lifecycle {
    destroy = false
  }
}

removed {
  from = module.functions.google_monitoring_alert_policy.errors

  lifecycle {
    destroy = false
  }
}
