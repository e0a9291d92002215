# The needs of slices from the platform, beyond the settings that shared/deployments.json lists. `deployments` in functions.tf decides which deployment serves a slice.

locals {
  # The defaults of a slice's row.
  nothing_special = {
    archive     = null
    environment = {}
    caller      = null
    operations  = false
    slow_ms     = 2000
    late        = null
    age_from    = null
    age_bounds  = [0, 60, 300, 360, 600, 900, 1200, 1800, 3600, 7200, 21600, 86400]
  }

  # Slices that need more than the settings that they declare. Those without a row need nothing else.
  written = {
    # A push names the account that it comes from, and the function compares it.
    "metrics-ingest#push" = {
      caller = local.push_account
    }

    metrics-query = {
      archive = "roles/storage.objectViewer"
      # An aggregate over a year may take this long.
      slow_ms = 5000
    }

    partitions = {
      operations = true
      caller     = local.scheduler_account
      late       = { after_s = 1800, title = "partitions have not been made for 30 minutes", subject = "Partitions are not being made" }
    }

    # The age of its last success is logged by partitions, every five minutes: a daily job that does not run at all logs
    # nothing itself, and an alert waits for an absent metric for 23.5 hours at most. Its alert is in retention.tf.
    retention = {
      operations = true
      caller     = local.scheduler_account
      # It writes objects, reads them back, holds, releases and removes them.
      archive     = "roles/storage.objectUser"
      environment = { COLD_DAYS = tostring(var.cold_days), RETENTION_RUN_SECONDS = "1200" }
      age_from    = "partitions"
      age_bounds  = [0, 3600, 21600, 43200, 86400, 93600, 100800, 172800, 345600, 604800]
    }

    monitoring = {
      # Prometheus and operators read it too.
      operations = false
      caller     = local.scheduler_account
      # A scrape may wait for the run of the minute.
      slow_ms     = 5000
      environment = { SUITE_POINT_MINUTES = var.tier == "small" ? "5" : "1" }
      late        = { after_s = 600, title = "monitoring has not run for 10 minutes", subject = "Monitoring does not run" }
    }

    audit = {
      # Tenants and operators read the log through the gateway.
      operations = false
      caller     = local.scheduler_account
      # A verification of a long log takes longer than a page of entries.
      slow_ms = 5000
      late    = { after_s = 1800, title = "the audit log has not been sealed for 30 minutes", subject = "The audit log is not being sealed" }
    }

    # Its alert is in backup.tf.
    backup = {
      operations = true
      caller     = local.scheduler_account
      age_bounds = [0, 86400, 345600, 604800, 648000, 691200, 1209600, 2592000]
      environment = {
        BACKUP_TEST_PREFIX = local.test_prefix
        BACKUP_EXPORT_DAYS = tostring(local.export_days)
      }
    }

    compaction = {
      operations = true
      caller     = local.scheduler_account
      late       = { after_s = 1800, title = "points have not been compacted for 30 minutes", subject = "Points are not being compacted" }
    }

    # Tenants call its other routes with their keys; the scheduler calls one.
    alerts = {
      # A run over several hundred rules may take this long.
      slow_ms = 5000
      caller  = local.scheduler_account
      late    = { after_s = 900, title = "alert rules have not been evaluated for 15 minutes", subject = "Alert rules are not being evaluated" }
    }
  }

  slices = { for name in distinct(flatten([for it in values(local.deployments) : it.slices])) :
    name => merge(local.nothing_special, lookup(local.written, name, {}))
  }

  # Values of settings. A deployment gets those that one of its slices declares.
  values = merge(local.cache_environment, {
    ARCHIVE_BUCKET       = google_storage_bucket.archive.name
    AUDIT_BUCKET         = google_storage_bucket.audit.name
    SUITE_TOPIC          = google_pubsub_topic.suite.id
    MONITORED_INSTANCE   = "${var.project_id}:${google_sql_database_instance.main.name}"
    BACKED_UP_INSTANCE   = "${var.project_id}:${google_sql_database_instance.main.name}"
    BACKUP_BUCKET        = google_storage_bucket.backups.name
    CHANNEL_KMS_KEY_NAME = google_kms_crypto_key.channels.id
  })
  mounts = merge({ CURSOR_KEY = local.cursor_secret, POINT_ID_KEY = local.point_id }, var.smtp_url_secret == null ? {} : { SMTP_URL = var.smtp_url_secret })

  # Slices with a row in scripts/deploy/schedules.json.
  scheduled = toset([for job in values(local.schedules) : job.function])

  cursor_secret = {
    secret_id = google_secret_manager_secret.cursor_key.secret_id
    version   = google_secret_manager_secret_version.cursor_key.version
  }
}
