# The smallest suite: 25 connections, nothing kept warm; each function has its own URL.
tier = "small"

# Whatever else variables.tf and variables_optional.tf know, such as: notification_emails = ["on-call@example.com"]
