# The smallest suite: 25 connections, nothing kept warm; each function has its own URL.
tier = "small"

# project_id, region, backup_region: env/<name>.auto values of your own, or TF_VAR_project_id and so on.
region        = "europe-west1"
backup_region = "europe-west3"

# Who is told when an alert opens.
notification_emails = []
