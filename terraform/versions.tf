terraform {
  # Write-only arguments: secrets that reach Secret Manager and Cloud SQL but neither the state nor a saved plan.
  required_version = ">= 1.11"

  required_providers {
    google = {
      source = "hashicorp/google"
      # Direct VPC egress of functions came with 7.21.
      version = "~> 7.21"
    }
  }
}
