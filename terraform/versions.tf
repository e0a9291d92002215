terraform {
  # Write-only arguments: secrets that reach Secret Manager and Cloud SQL but neither the state nor a saved plan.
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
      # Direct VPC egress of functions came with 7.21.
      version = "~> 7.21"
    }
    # One resource alone: google_project_service_identity is not in the other provider.
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 7.21"
    }
  }

  # The bucket and the folder in it are given to `terraform init`: env/<name>.gcs.tfbackend.
  backend "gcs" {}
}

provider "google" {
  project = var.project_id
  region  = var.region
}

provider "google-beta" {
  project = var.project_id
  region  = var.region
}
