variable "name" {
  description = "The job's name, as its runs are recorded; also its function's."
  type        = string
}

variable "schedules" {
  description = "Those of scripts/deploy/schedules.json; the ones of this function are made."
  type = map(object({
    function           = string
    method             = string
    path               = string
    cron               = string
    time_zone          = string
    body               = any
    attempt_deadline_s = number
    retry              = object({ count = number, min_backoff_s = number, max_backoff_s = number, max_doublings = number })
  }))
}

variable "call" {
  description = "Where the function is, what it expects a token to be for, and whom it trusts."
  type        = object({ uri = string, audience = string, account = string })
}

variable "age" {
  description = "Which service logs `<name>.age`, and the bounds that an alert or a person asks for, in seconds."
  type        = object({ service = string, bounds = list(number) })
}

variable "late" {
  description = "When the last good run is so old, or none says anything for so long, somebody is told; null: another alert watches it."
  type        = object({ after_s = number, title = string, subject = string, playbook = string })
  default     = null

  validation {
    condition     = var.late == null || contains(var.age.bounds, try(var.late.after_s, 0))
    error_message = "Without a bound at its threshold the alert is a guess."
  }
}

variable "platform" {
  description = "What is the same for every function of the suite."
  type = object({
    project_id     = string
    region         = string
    prefix         = string
    channels       = list(string)
    settle_seconds = object({ metrics = number })
  })
}
