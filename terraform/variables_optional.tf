# Optional variables.

variable "labels" {
  description = "Labels of all resources that can have labels; they appear in the bill."
  type        = map(string)
  default     = { suite = "penstock" }
}

variable "database_access" {
  description = "How functions reach the database: tls (private IP, pinned CA, IAM token as password) or connector (Cloud SQL connector)."
  type        = string
  default     = "tls"

  validation {
    condition     = contains(["tls", "connector"], var.database_access)
    error_message = "The connection method must be tls or connector."
  }
}

variable "database_machine" {
  description = "Machine type of the database; null for the tier's."
  type        = string
  default     = null
  nullable    = true

  validation {
    condition     = var.database_machine == null || can(regex("^db-(f1-micro|g1-small|custom-[0-9]+-[0-9]+|perf-optimized-N-[0-9]+)$", var.database_machine))
    error_message = "A machine type looks like db-f1-micro or db-custom-2-7680."
  }
}

variable "database_high_availability" {
  description = "Whether there is a standby in a second zone; null for the tier's default (only large has one)."
  type        = bool
  default     = null
  nullable    = true
}

variable "database_replica" {
  description = "Whether there is a read replica; null for the tier's default (only large has one)."
  type        = bool
  default     = null
  nullable    = true
}

variable "database_max_disk_gib" {
  description = "The limit in GiB up to which the disk grows automatically. A disk never shrinks."
  type        = number
  default     = 500

  validation {
    condition     = var.database_max_disk_gib >= 20 && var.database_max_disk_gib <= 65536
    error_message = "The disk's limit must be 20 to 65536 GiB."
  }
}

variable "maintenance_window" {
  description = "When Google may restart the database: day 1 (Monday) to 7, hour in UTC."
  type        = object({ day = number, hour = number })
  default     = { day = 7, hour = 3 }

  validation {
    condition     = var.maintenance_window.day >= 1 && var.maintenance_window.day <= 7 && var.maintenance_window.hour >= 0 && var.maintenance_window.hour <= 23
    error_message = "The day must be 1 to 7, and the hour 0 to 23."
  }

  validation {
    condition     = !contains([1, 2], var.maintenance_window.hour)
    error_message = "01:00 to 02:59 UTC belongs to backups and retention: choose another hour."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform and the API refuse to delete the database and the archive's table."
  type        = bool
  default     = true
}

variable "network_cidr" {
  description = "Private range, /20 or larger, from which the functions' subnet is taken."
  type        = string
  default     = "10.60.0.0/20"

  validation {
    condition     = can(cidrhost(var.network_cidr, 0)) && try(tonumber(split("/", var.network_cidr)[1]) <= 20, false)
    error_message = "The range must be in CIDR form and /20 or larger, such as 10.60.0.0/20."
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
  description = "The issuer of users' tokens (JWT): issuer, audience, the URL of the issuer's keys, and the claim that names the tenant; null to accept no users."
  type        = object({ issuer = string, audience = string, jwks_url = string, tenant_claim = optional(string, "tenant") })
  default     = null
  nullable    = true

  validation {
    condition     = var.users == null || (startswith(try(var.users.jwks_url, ""), "https://") && try(var.users.issuer, "") != "" && try(var.users.audience, "") != "")
    error_message = "Users need an issuer, an audience and a jwks_url that begins with https://."
  }

  validation {
    condition     = try(var.users.issuer, "") != "https://accounts.google.com"
    error_message = "This is the issuer of service accounts' tokens: users need another issuer."
  }
}

variable "function_settings" {
  description = "Further settings by function, as its README lists them: { metrics-ingest = { EARLIEST_YEAR = \"2000\" } }."
  type        = map(map(string))
  default     = {}
}

variable "min_instances" {
  description = "Minimum instances, by function; 0 by default, so that an idle suite costs only its database."
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
  description = "Whether the message attribute tenant overrides the topic's tenant. Set it only if every publisher may write for every tenant."
  type        = bool
  default     = false
}

variable "publishers" {
  description = "The members that may publish points to the topic: serviceAccount:…, user:…, group:…"
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.publishers : can(regex("^(serviceAccount|user|group|principal|principalSet):", member))])
    error_message = "A publisher is named like serviceAccount:device@project.iam.gserviceaccount.com; allUsers is not accepted."
  }
}

variable "key_secrets" {
  description = "Names of secrets for new API keys: the admin job writes them, and only members that you grant access can read them."
  type        = set(string)
  default     = ["first-key"]

  validation {
    condition     = alltrue([for name in var.key_secrets : can(regex("^[a-z0-9-]{1,60}$", name))])
    error_message = "A secret's name has 1 to 60 characters of a-z, 0-9 and -."
  }
}

variable "cold_days" {
  description = "Days after its writing when an archive object expires. As a safety net, the bucket deletes objects 90 days later."
  type        = number
  default     = 365

  validation {
    condition     = var.cold_days >= 1 && var.cold_days <= 36500 && floor(var.cold_days) == var.cold_days
    error_message = "Cold storage must be 1 to 36500 whole days."
  }
}

variable "notification_emails" {
  description = "E-mail addresses that are notified when an alert opens."
  type        = set(string)
  default     = []
}

variable "playbook_base_url" {
  description = "URL of the folder docs/playbooks; alerts link to the files below it."
  type        = string
  default     = "docs/playbooks"
}

variable "manage_default_log_sink" {
  description = "Whether Terraform manages the project's sink _Default, to exclude routine request logs. Set it to false if the sink is managed elsewhere."
  type        = bool
  default     = true
}

variable "gateway_domain" {
  description = "Domain of the load balancer in front of all functions; null for no load balancer, in which case each function has its own URL."
  type        = string
  default     = null
  nullable    = true

  validation {
    condition     = var.gateway_domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.gateway_domain))
    error_message = "A domain looks like metrics.example.com."
  }
}

variable "gateway_requests_per_minute" {
  description = "Requests per minute of one address, above which Cloud Armor answers 429."
  type        = number
  default     = 6000

  validation {
    condition     = var.gateway_requests_per_minute >= 60 && var.gateway_requests_per_minute <= 1000000
    error_message = "The limit must be 60 to 1000000 requests per minute."
  }
}

variable "redis_enabled" {
  description = "Whether to make a Redis instance in the network. Every function works without it."
  type        = bool
  default     = false
}

variable "bigquery_enabled" {
  description = "Whether to make an external BigQuery table over the archive."
  type        = bool
  default     = false
}

variable "cursor_key_version" {
  description = "Raise it to replace the key that encrypts and signs cursors; clients that are between two pages must start again."
  type        = number
  default     = 1
}

variable "point_id_key_version" {
  description = "Raise it to replace the key of point ids: every point then has another id."
  type        = number
  default     = 1
}

variable "key_checksum_key_versions" {
  description = "Versions of the key for API keys' checksums, the current one first: [1], then [2, 1] while API keys are replaced, then [2]."
  type        = list(number)
  default     = [1]

  validation {
    condition     = contains([1, 2], length(var.key_checksum_key_versions)) && length(distinct(var.key_checksum_key_versions)) == length(var.key_checksum_key_versions)
    error_message = "Name one version, or two different ones during a rotation."
  }
}

variable "reader_accounts" {
  description = "Service accounts that may each read one tenant by SQL, as IAM users of the database; npm run reader -- create --iam assigns the tenant."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.reader_accounts : can(regex("^[^@]+@[^@]+\\.iam\\.gserviceaccount\\.com$", email)) && length(trimsuffix(email, ".gserviceaccount.com")) <= 63])
    error_message = "A reader is a service account, name@project.iam.gserviceaccount.com, of at most 63 characters without .gserviceaccount.com."
  }
}

variable "postgres_password_version" {
  description = "Raise it to replace the password of postgres, and after an apply that was interrupted between the user and its secret."
  type        = number
  default     = 1
}

variable "bundles_dir" {
  description = "The output folder of npm run build; null for dist/ of this checkout."
  type        = string
  default     = null
  nullable    = true
}

variable "budget_file" {
  description = "The file of the deployments and their budget; null for shared/deployments.json of this checkout."
  type        = string
  default     = null
  nullable    = true
}

variable "operations_public" {
  description = "Whether partitions, retention and compaction can be called from the internet without a load balancer. The scheduler does not need this."
  type        = bool
  default     = false
}

variable "settle_seconds" {
  description = "Seconds that an apply waits until other Google services know new APIs and metrics."
  type        = object({ apis = number, metrics = number })
  default     = { apis = 60, metrics = 120 }

  validation {
    condition     = min(var.settle_seconds.apis, var.settle_seconds.metrics) >= 0 && max(var.settle_seconds.apis, var.settle_seconds.metrics) <= 900
    error_message = "The wait must be 0 to 900 seconds."
  }
}

variable "leaving" {
  description = "Deployments of another tier's grouping that keep running while slices move to other deployments (docs/deploy.md, \"Regrouping\")."
  type        = set(string)
  default     = []
}

variable "smtp_url_secret" {
  description = "A secret of this project with the mail server that alerts are sent by (smtps://user:password@host:465), and its version; null: no e-mail. The sender and the page that e-mails link to are SMTP_FROM and ALERT_DASHBOARD_URL in function_settings."
  type        = object({ secret_id = string, version = string })
  default     = null
  nullable    = true
}
