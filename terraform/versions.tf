terraform {
  # Write-only arguments: secrets that reach Secret Manager and Cloud SQL but neither the state nor a saved plan.
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
      # The first version with direct VPC egress of functions is 7.21.
      version = "~> 7.21"
    }
    # Needed for google_project_service_identity, which the other provider does not have.
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 7.21"
    }
  }

  # The bucket and the folder in it are arguments of `terraform init`: env/<name>.gcs.tfbackend.
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
