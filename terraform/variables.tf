# Required variables, and those that decide the size of the suite. All others are in variables_optional.tf.

variable "project_id" {
  description = "The project that the suite is deployed to."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 characters of a-z, 0-9 and -, begins with a letter and does not end with a hyphen. Ids with a domain in front are not supported."
  }
}

variable "region" {
  description = "The region of functions, database, topics and buckets."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "A region looks like europe-west1; a zone (europe-west1-b) or a multi-region (eu) is not one."
  }
}

variable "backup_region" {
  description = "The region of the database's backups, which must differ from the database's own."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.backup_region))
    error_message = "A region looks like europe-west3."
  }

  validation {
    condition     = var.backup_region != var.region
    error_message = "Backups in the database's own region are lost with it: name a second region."
  }
}

variable "tier" {
  description = "The size of the suite: small (25 connections), standard (100) or large (400, with a replica and high availability)."
  type        = string
  default     = "small"

  validation {
    condition     = contains(["small", "standard", "large"], var.tier)
    error_message = "The tier must be small, standard or large."
  }
}

variable "admin_image" {
  description = "The admin job's container image with its digest, as terraform/admin/cloudbuild.yaml pushed it; null until it is built."
  type        = string
  default     = null
  nullable    = true

  validation {
    condition     = var.admin_image == null || can(regex("^[a-z0-9.-]+-docker\\.pkg\\.dev/[^:@]+(:[^:@]+)?(@|$)", var.admin_image))
    error_message = "An image looks like europe-west1-docker.pkg.dev/PROJECT/penstock/admin:1.0.0@sha256:…"
  }

  validation {
    condition     = var.admin_image == null || can(regex("@sha256:[0-9a-f]{64}$", var.admin_image))
    error_message = "The image needs its digest (…@sha256:…): a tag can be moved, and then nobody can say what migrated the database."
  }
}

variable "name_prefix" {
  description = "Prefix of all names. Two suites in one project need different prefixes."
  type        = string
  default     = "penstock"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,7}$", var.name_prefix))
    error_message = "The prefix has 2 to 8 characters of a-z and 0-9 and begins with a letter: account ids have 30 characters at most."
  }
}
