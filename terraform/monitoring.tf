# Resources of monitoring only: the topic of the suite's own numbers, and the rights to publish to it and to Cloud Monitoring.

locals {
  # The deployments that serve it: two of them while deployments are regrouped.
  monitors = [for name, it in local.deployments : name if contains(it.slices, "monitoring")]
}

# The suite's own numbers have a topic of their own, so that no other message can name their tenant, and the write path grants nothing new.
resource "google_pubsub_topic" "suite" {
  project = var.project_id
  name    = "${local.prefix}-suite"
  labels  = var.labels

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [terraform_data.apis]
}

resource "google_pubsub_topic_iam_member" "suite" {
  for_each = toset(local.monitors)

  project = var.project_id
  topic   = google_pubsub_topic.suite.name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:${module.functions[each.key].account}"
}

resource "google_pubsub_subscription" "suite" {
  project              = var.project_id
  name                 = "${local.prefix}-suite"
  topic                = google_pubsub_topic.suite.id
  labels               = var.labels
  ack_deadline_seconds = 60
  # Numbers of the suite that could not be stored for an hour are not worth more: the next ones are newer.
  message_retention_duration = "3600s"

  push_config {
    push_endpoint = "${module.functions[local.serving["metrics-ingest#push"]].uri}/?tenant=penstock"

    oidc_token {
      service_account_email = local.push_account
      audience              = local.audiences["metrics-ingest-pubsub"]
    }
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  # Without this the subscription expires after 31 days without activity.
  expiration_policy {
    ttl = ""
  }

  depends_on = [google_service_account_iam_member.push_tokens]
}

# It writes its own numbers, and reads those of the database's instance.
resource "google_project_iam_member" "monitoring" {
  for_each = { for pair in setproduct(local.monitors, ["metricWriter", "viewer"]) : join(".", pair) => { deployment = pair[0], role = pair[1] } }

  project = var.project_id
  role    = "roles/monitoring.${each.value.role}"
  member  = "serviceAccount:${module.functions[each.value.deployment].account}"
}
