# The large suite: 400 connections, a standby, a read replica, the archive in BigQuery. gateway_domain puts one domain in front of everything.
tier = "large"

region        = "europe-west1"
backup_region = "europe-west3"

min_instances    = { metrics-ingest = 2, metrics-query = 1 }
redis_enabled    = true
bigquery_enabled = true

# Who is told when an alert opens.
notification_emails = []
