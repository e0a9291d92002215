# The large suite: 400 connections, a standby, a read replica, one domain for everything, the archive in BigQuery.

terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.21"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
}

module "penstock" {
  source = "../.."

  project_id    = var.project_id
  region        = var.region
  backup_region = var.backup_region
  admin_image   = var.admin_image
  bundles_dir   = var.bundles_dir
  tier          = "large"

  gateway_domain      = var.domain
  min_instances       = { metrics-ingest = 2, metrics-query = 1 }
  notification_emails = var.notification_emails
  redis_enabled       = true
  bigquery_enabled    = true
}
