# The topic, its push subscription and its dead letters.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
}

mock_provider "google-beta" {}

variables {
  tier          = "standard"
  project_id    = "example-project"
  region        = "europe-west1"
  backup_region = "europe-west3"
  admin_image   = "europe-west1-docker.pkg.dev/example-project/penstock/admin:1.0.0@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  bundles_dir   = "./tests/fixtures/bundles"
}

run "messages_are_pushed_patiently_and_dead_letters_kept" {
  command = plan

  assert {
    condition     = google_pubsub_subscription.metrics.expiration_policy[0].ttl == "" && google_pubsub_subscription.dead_letters.expiration_policy[0].ttl == ""
    error_message = "a subscription expires"
  }

  assert {
    condition     = google_pubsub_subscription.metrics.ack_deadline_seconds == 60
    error_message = "another ack deadline than 60 s"
  }

  assert {
    condition     = google_pubsub_subscription.metrics.retry_policy[0].minimum_backoff == "10s" && google_pubsub_subscription.metrics.retry_policy[0].maximum_backoff == "600s"
    error_message = "another back-off than 10 to 600 s"
  }

  assert {
    condition     = google_pubsub_topic.metrics.message_retention_duration == "604800s"
    error_message = "the topic keeps no messages"
  }

  assert {
    condition     = google_pubsub_subscription.metrics.push_config[0].oidc_token[0].audience == "penstock/example-project/metrics-ingest-pubsub"
    error_message = "another audience than the function expects"
  }

  assert {
    condition     = google_pubsub_subscription.metrics.push_config[0].oidc_token[0].service_account_email == "penstock-push@example-project.iam.gserviceaccount.com"
    error_message = "pushes come as another account"
  }

  assert {
    condition     = google_service_account_iam_member.push_tokens.role == "roles/iam.serviceAccountTokenCreator" && google_service_account_iam_member.push_tokens.member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "Pub/Sub cannot make tokens of the push account"
  }

  assert {
    condition     = output.trusted["metrics-ingest-pubsub"] == { audience = "penstock/example-project/metrics-ingest-pubsub", emails = "penstock-push@example-project.iam.gserviceaccount.com" }
    error_message = "the function trusts another audience or another account than the subscription has"
  }

  assert {
    condition     = google_pubsub_subscription.metrics.dead_letter_policy[0].max_delivery_attempts == 100
    error_message = "given up after another number of attempts than 100"
  }

  assert {
    condition     = google_pubsub_topic_iam_member.dead_letters.topic == "penstock-dead-letters" && google_pubsub_topic_iam_member.dead_letters.role == "roles/pubsub.publisher" && google_pubsub_topic_iam_member.dead_letters.member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "the service agent may not publish dead letters"
  }

  assert {
    condition     = google_pubsub_subscription_iam_member.dead_letters.subscription == "penstock-metrics" && google_pubsub_subscription_iam_member.dead_letters.role == "roles/pubsub.subscriber" && google_pubsub_subscription_iam_member.dead_letters.member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
    error_message = "the service agent may not take messages off the subscription"
  }

  assert {
    condition     = google_pubsub_subscription.dead_letters.message_retention_duration == "2678400s" && google_pubsub_subscription.dead_letters.retain_acked_messages
    error_message = "dead letters are not kept"
  }

  assert {
    condition     = length(google_pubsub_topic_iam_member.publishers) == 0
    error_message = "somebody may publish"
  }

  assert {
    condition     = local.push_query == "tenant=default"
    error_message = "the push URL asks for ${local.push_query}"
  }
}

run "many_tenants_only_when_asked_for" {
  command = plan

  variables {
    push_tenant       = "acme"
    push_multi_tenant = true
  }

  assert {
    condition     = local.push_query == "tenant=acme&multi=1"
    error_message = "the push URL asks for ${local.push_query}"
  }
}
