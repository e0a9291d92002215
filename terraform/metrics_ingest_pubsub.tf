# Resources for pushes only: the topic, the push subscription, and the destination of messages that cannot be delivered.

locals {
  push_account = "${google_service_account.push.account_id}@${local.account_domain}"
  push_query   = var.push_multi_tenant ? "tenant=${var.push_tenant}&multi=1" : "tenant=${var.push_tenant}"
  week         = "604800s"
  month        = "2678400s"
}

# The account of pushes. It has no rights; the function looks for its name in the token.
resource "google_service_account" "push" {
  project      = var.project_id
  account_id   = "${local.prefix}-push"
  display_name = "Penstock: pushes of the topic"

  depends_on = [terraform_data.apis]
}

resource "google_service_account_iam_member" "push_tokens" {
  service_account_id = google_service_account.push.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub_agent

  depends_on = [google_project_service_identity.pubsub]
}

resource "google_pubsub_topic" "metrics" {
  project = var.project_id
  name    = "${local.prefix}-metrics"
  labels  = var.labels
  # After a mistake, a subscription can be rewound this far.
  message_retention_duration = local.week

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [terraform_data.apis]
}

resource "google_pubsub_topic_iam_member" "publishers" {
  for_each = var.publishers

  project = var.project_id
  topic   = google_pubsub_topic.metrics.name
  role    = "roles/pubsub.publisher"
  member  = each.key
}

resource "google_pubsub_subscription" "metrics" {
  project                    = var.project_id
  name                       = "${local.prefix}-metrics"
  topic                      = google_pubsub_topic.metrics.id
  labels                     = var.labels
  ack_deadline_seconds       = 60
  message_retention_duration = local.week

  push_config {
    push_endpoint = "${module.functions[local.serving["metrics-ingest#push"]].uri}/?${local.push_query}"

    oidc_token {
      service_account_email = local.push_account
      audience              = local.audiences["metrics-ingest-pubsub"]
    }
  }

  # An hour of failures is about ten attempts, and a hundred attempts take most of a day.
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 100
  }

  # Without this the subscription expires after 31 days without activity.
  expiration_policy {
    ttl = ""
  }

  depends_on = [
    google_pubsub_topic_iam_member.dead_letters,
    google_service_account_iam_member.push_tokens,
  ]
}

resource "google_pubsub_topic" "dead_letters" {
  project                    = var.project_id
  name                       = "${local.prefix}-dead-letters"
  labels                     = var.labels
  message_retention_duration = local.month

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [terraform_data.apis]
}

# A topic without a subscription retains no messages that can be read.
resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project_id
  name                       = "${local.prefix}-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  labels                     = var.labels
  ack_deadline_seconds       = 60
  message_retention_duration = local.month
  retain_acked_messages      = true

  expiration_policy {
    ttl = ""
  }
}

# The service agent moves a message: it publishes it to the dead-letter topic and acknowledges it here.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  project = var.project_id
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent

  depends_on = [google_project_service_identity.pubsub]
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  project      = var.project_id
  subscription = google_pubsub_subscription.metrics.name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent

  depends_on = [google_project_service_identity.pubsub]
}

# Counts messages that the function stored in the table dead_letter.
resource "google_logging_metric" "dead_letters" {
  project     = var.project_id
  name        = "${local.prefix}/dead_letters"
  description = "Messages, or entries of messages, that can never be stored and are retained for a person to look at"
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${module.functions[local.serving["metrics-ingest#push"]].name}\" AND jsonPayload.message=\"pubsub.dead_letter\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

# Cloud Monitoring refuses policies on a metric that it does not know yet.
resource "terraform_data" "dead_letters" {
  provisioner "local-exec" {
    interpreter = ["node", "-e"]
    command     = "setTimeout(() => {}, ${1000 * var.settle_seconds.metrics})"
  }

  depends_on = [google_logging_metric.dead_letters]
}

resource "google_monitoring_alert_policy" "dead_letters" {
  project               = var.project_id
  display_name          = "${local.prefix}: dead letters"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.notification_channels

  conditions {
    display_name = "messages that were given up after 100 attempts"
    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = \"${google_pubsub_subscription.dead_letters.name}\" AND metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  conditions {
    display_name = "messages that can never be stored"
    condition_threshold {
      filter          = "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/${google_logging_metric.dead_letters.name}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    subject   = "Messages were not stored"
    content   = local.playbooks["dead-letters"]
    mime_type = "text/markdown"
  }

  depends_on = [terraform_data.dead_letters]
}
