# What may be said.

variable "labels" {
  description = "Labels of everything that can carry them; they show up in the bill."
  type        = map(string)
  default     = { suite = "penstock" }
}

variable "database_access" {
  description = "How functions reach the database: tls (private IP, pinned CA, IAM token as password) or connector (Cloud SQL connector)."
  type        = string
  default     = "tls"

  validation {
    condition     = contains(["tls", "connector"], var.database_access)
    error_message = "The way into the database is tls or connector."
  }
}

variable "database_machine" {
  description = "Machine type of the database; null: the tier's."
  type        = string
  default     = null
  nullable    = true

  validation {
    condition     = var.database_machine == null || can(regex("^db-(f1-micro|g1-small|custom-[0-9]+-[0-9]+|perf-optimized-N-[0-9]+)$", var.database_machine))
    error_message = "A machine type looks like db-f1-micro or db-custom-2-7680."
  }
}

variable "database_high_availability" {
  description = "A standby in a second zone; null: as the tier has it (large)."
  type        = bool
  default     = null
  nullable    = true
}

variable "database_replica" {
  description = "A read replica; null: as the tier has it (large)."
  type        = bool
  default     = null
  nullable    = true
}

variable "database_max_disk_gib" {
  description = "The disk grows by itself up to this. A disk never shrinks."
  type        = number
  default     = 500

  validation {
    condition     = var.database_max_disk_gib >= 20 && var.database_max_disk_gib <= 65536
    error_message = "The disk's limit is 20 to 65536 GiB."
  }
}

variable "maintenance_window" {
  description = "When Google may restart the database: day 1 (Monday) to 7, hour in UTC."
  type        = object({ day = number, hour = number })
  default     = { day = 7, hour = 3 }

  validation {
    condition     = var.maintenance_window.day >= 1 && var.maintenance_window.day <= 7 && var.maintenance_window.hour >= 0 && var.maintenance_window.hour <= 23
    error_message = "The day is 1 to 7, the hour 0 to 23."
  }

  validation {
    condition     = !contains([1, 2], var.maintenance_window.hour)
    error_message = "01:00 to 02:59 UTC belongs to backups and retention: choose another hour."
  }
}

variable "deletion_protection" {
  description = "Refuses to delete the database and the archive's table, in Terraform and in the API."
  type        = bool
  default     = true
}

variable "network_cidr" {
  description = "Private range, /20 or larger, that the functions' subnet is cut from."
  type        = string
  default     = "10.60.0.0/20"

  validation {
    condition     = can(cidrhost(var.network_cidr, 0)) && try(tonumber(split("/", var.network_cidr)[1]) <= 20, false)
    error_message = "A range in CIDR form, /20 or larger, such as 10.60.0.0/20."
  }
}

variable "cors_origins" {
  description = "Origins that browsers may call from, or [\"*\"]; none by default."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : origin == "*" || can(regex("^https?://[^/,]+$", origin))])
    error_message = "An origin is * or looks like https://app.example.com, without a path."
  }
}

variable "users" {
  description = "Whose tokens (JWT) make their bearer a user: issuer, audience, the URL of the issuer's keys, and the claim that names the tenant; null: nobody's."
  type        = object({ issuer = string, audience = string, jwks_url = string, tenant_claim = optional(string, "tenant") })
  default     = null
  nullable    = true

  validation {
    condition     = var.users == null || (startswith(try(var.users.jwks_url, ""), "https://") && try(var.users.issuer, "") != "" && try(var.users.audience, "") != "")
    error_message = "Users need an issuer, an audience and a jwks_url that begins with https://."
  }

  validation {
    condition     = try(var.users.issuer, "") != "https://accounts.google.com"
    error_message = "That is the issuer of service accounts' tokens: users need another."
  }
}

variable "function_settings" {
  description = "Further settings by function, as its README lists them: { metrics-ingest = { EARLIEST_YEAR = \"2000\" } }."
  type        = map(map(string))
  default     = {}
}

variable "min_instances" {
  description = "Instances kept warm, by function; none by default, so that an idle suite costs its database alone."
  type        = map(number)
  default     = {}
}

variable "push_tenant" {
  description = "The tenant that messages of the topic belong to."
  type        = string
  default     = "default"

  validation {
    condition     = can(regex("^[a-z0-9-]{1,63}$", var.push_tenant))
    error_message = "A tenant name has 1 to 63 characters of a-z, 0-9 and -."
  }
}

variable "push_multi_tenant" {
  description = "Whether the message attribute tenant decides, where it is set. Only when every publisher may speak for every tenant."
  type        = bool
  default     = false
}

variable "publishers" {
  description = "Who may publish points to the topic: serviceAccount:…, user:…, group:…"
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.publishers : can(regex("^(serviceAccount|user|group|principal|principalSet):", member))])
    error_message = "A publisher is named like serviceAccount:device@project.iam.gserviceaccount.com; allUsers is not accepted."
  }
}

variable "key_secrets" {
  description = "Names of secrets that new API keys are written to: the admin job writes, nobody reads but whom you grant."
  type        = set(string)
  default     = ["first-key"]

  validation {
    condition     = alltrue([for name in var.key_secrets : can(regex("^[a-z0-9-]{1,60}$", name))])
    error_message = "A secret's name has 1 to 60 characters of a-z, 0-9 and -."
  }
}

variable "cold_days" {
  description = "How long archive objects are kept after they were written. The bucket deletes what is 90 days older, as a safety net."
  type        = number
  default     = 365

  validation {
    condition     = var.cold_days >= 1 && var.cold_days <= 36500 && floor(var.cold_days) == var.cold_days
    error_message = "Cold storage is 1 to 36500 whole days."
  }
}

variable "notification_emails" {
  description = "Who is told when an alert opens."
  type        = set(string)
  default     = []
}

variable "playbook_base_url" {
  description = "Where the folder docs/playbooks can be read; alerts name the file below it."
  type        = string
  default     = "docs/playbooks"
}

variable "manage_default_log_sink" {
  description = "Takes over the project's sink _Default to leave out routine request logs. False where somebody else manages it."
  type        = bool
  default     = true
}

variable "gateway_domain" {
  description = "Domain of the load balancer in front of all functions; null: none, each function has its own URL."
  type        = string
  default     = null
  nullable    = true

  validation {
    condition     = var.gateway_domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.gateway_domain))
    error_message = "A domain looks like metrics.example.com."
  }
}

variable "gateway_requests_per_minute" {
  description = "What Cloud Armor lets one address send in a minute before it answers 429."
  type        = number
  default     = 6000

  validation {
    condition     = var.gateway_requests_per_minute >= 60 && var.gateway_requests_per_minute <= 1000000
    error_message = "60 to 1000000 requests a minute."
  }
}

variable "redis_enabled" {
  description = "Makes a Redis instance in the network. Every function works without."
  type        = bool
  default     = false
}

variable "bigquery_enabled" {
  description = "Makes an external BigQuery table over the archive."
  type        = bool
  default     = false
}

variable "cursor_key_version" {
  description = "Raise it to replace the key that encrypts and signs cursors; clients that are between pages begin again."
  type        = number
  default     = 1
}

variable "point_id_key_version" {
  description = "Raise it to replace the key of point ids: every point then has another id."
  type        = number
  default     = 1
}

variable "key_checksum_key_versions" {
  description = "Keys of API keys' checksums, the current one first: [1], then [2, 1] while API keys are replaced, then [2]."
  type        = list(number)
  default     = [1]

  validation {
    condition     = contains([1, 2], length(var.key_checksum_key_versions)) && length(distinct(var.key_checksum_key_versions)) == length(var.key_checksum_key_versions)
    error_message = "One key of checksums is valid, or two different ones while it is rotated."
  }
}

variable "reader_accounts" {
  description = "Service accounts that may read one tenant each by SQL, as IAM users of the database; npm run reader -- create --iam says whose."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.reader_accounts : can(regex("^[^@]+@[^@]+\\.iam\\.gserviceaccount\\.com$", email)) && length(trimsuffix(email, ".gserviceaccount.com")) <= 63])
    error_message = "A reader is a service account, name@project.iam.gserviceaccount.com, of at most 63 characters without .gserviceaccount.com."
  }
}

variable "postgres_password_version" {
  description = "Raise it to replace the password of postgres, and when an apply broke off between the user and its secret."
  type        = number
  default     = 1
}

variable "bundles_dir" {
  description = "The folder that npm run build wrote; null: dist/ of this checkout."
  type        = string
  default     = null
  nullable    = true
}

variable "budget_file" {
  description = "The deployments with their budget; null: shared/deployments.json of this checkout."
  type        = string
  default     = null
  nullable    = true
}

variable "operations_public" {
  description = "Whether partitions, retention and rollups can be called from the internet without a load balancer. The scheduler needs it not."
  type        = bool
  default     = false
}

variable "settle_seconds" {
  description = "How long an apply waits for other Google services to learn of APIs that it enabled and of metrics that it made."
  type        = object({ apis = number, metrics = number })
  default     = { apis = 60, metrics = 120 }

  validation {
    condition     = min(var.settle_seconds.apis, var.settle_seconds.metrics) >= 0 && max(var.settle_seconds.apis, var.settle_seconds.metrics) <= 900
    error_message = "A wait is 0 to 900 seconds."
  }
}
