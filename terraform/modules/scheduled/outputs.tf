output "jobs" {
  description = "The scheduler's jobs by name."
  value       = google_cloud_scheduler_job.this
}

output "age" {
  description = "The metric of the seconds since the job last succeeded."
  value       = google_logging_metric.age
}

output "late" {
  description = "The alert on it; null where another one watches it."
  value       = one(google_monitoring_alert_policy.late)
}
