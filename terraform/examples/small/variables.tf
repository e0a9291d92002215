variable "project_id" {
  description = "The project to deploy to."
  type        = string
}

variable "region" {
  description = "The region of everything but the backups."
  type        = string
  default     = "europe-west1"
}

variable "backup_region" {
  description = "Where the database's backups are kept."
  type        = string
  default     = "europe-west3"
}

variable "admin_image" {
  description = "The admin job's image, as terraform/admin/cloudbuild.yaml pushed it."
  type        = string
}

variable "bundles_dir" {
  description = "The folder that npm run build wrote; null: dist/ of this checkout."
  type        = string
  default     = null
  nullable    = true
}
