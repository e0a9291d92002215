# The standard suite: 100 connections; one instance that takes points in is kept warm.
tier = "standard"

region        = "europe-west1"
backup_region = "europe-west3"

min_instances = { metrics-ingest = 1 }

# Who is told when an alert opens.
notification_emails = []
