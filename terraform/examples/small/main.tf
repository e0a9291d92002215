# The smallest suite: 25 connections, nothing kept warm; each function has its own URL.

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
  tier          = "small"
}
