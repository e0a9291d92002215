# The standard suite: 100 connections; one instance that takes points in is kept warm.
tier = "standard"

min_instances = { metrics-ingest = 1 }

# Whatever else variables.tf and variables_optional.tf know, such as: notification_emails = ["on-call@example.com"]
