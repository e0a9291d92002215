# The large suite: 400 connections, a standby, a read replica, the archive in BigQuery. gateway_domain puts one domain in front of everything.
tier = "large"

min_instances    = { metrics-ingest = 2, metrics-query = 1 }
redis_enabled    = true
bigquery_enabled = true

# Whatever else variables.tf and variables_optional.tf know, such as: notification_emails = ["on-call@example.com"]
