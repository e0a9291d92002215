variable "name" {
  description = "The function's name, as in shared/connection-budget.json; also its entry point."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}[a-z0-9]$", var.name))
    error_message = "A function's name has 2 to 21 characters of a-z, 0-9 and -: with the prefix it names an account, which has 30 at most."
  }
}

variable "budget" {
  description = "The function's row of shared/deployments.json."
  type = object({
    instances   = number
    pool        = number
    concurrency = number
    cpu         = number
    memory_mib  = number
    timeout_s   = number
  })
}

variable "environment" {
  description = "Settings beside those that every function has."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Settings that are secrets, by variable: the secret's id and the version to read."
  type        = map(object({ secret_id = string, version = string }))
  default     = {}
}

variable "min_instances" {
  description = "Instances kept warm."
  type        = number
  default     = 0
}

variable "ingress" {
  description = "Where requests may come from: everywhere, inside the project, or inside and the load balancer."
  type        = string

  validation {
    condition     = contains(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"], var.ingress)
    error_message = "Ingress is ALLOW_ALL, ALLOW_INTERNAL_ONLY or ALLOW_INTERNAL_AND_GCLB."
  }
}

variable "platform" {
  description = "What is the same for every function of the suite."
  type = object({
    project_id        = string
    region            = string
    prefix            = string
    labels            = map(string)
    tier              = string
    build_account     = string
    docker_repository = string
    bundles_bucket    = string
    bundles_dir       = string
    bundles           = map(object({ sha256 = string }))
    network           = string
    subnetwork        = string
    database = object({
      access          = string
      instance        = string
      connection_name = string
      address         = string
      name            = string
      ca              = string
    })
    environment = map(string)
    secrets     = map(object({ secret_id = string, version = string }))
  })
}
