# One network: functions and the admin job in a subnet, Google's services (the database, Redis) peered.

locals {
  # Cloud Run reserves two addresses for each instance, and during a rollout the old and the new revision have instances at the
  # same time: four for each. A subnet has four addresses of its own, and Cloud Run wants at least a /26.
  # https://cloud.google.com/run/docs/configuring/vpc-direct-vpc
  instances      = sum([for it in values(local.deployments) : it.budget.instances])
  addresses      = 4 * (local.instances + 1) + 4
  subnet_prefix  = min(26, 32 - ceil(log(local.addresses, 2)))
  network_prefix = tonumber(split("/", var.network_cidr)[1])
}

resource "google_compute_network" "this" {
  project                 = var.project_id
  name                    = local.prefix
  auto_create_subnetworks = false

  depends_on = [terraform_data.apis]
}

resource "google_compute_subnetwork" "functions" {
  project                  = var.project_id
  name                     = "${local.prefix}-functions"
  region                   = var.region
  network                  = google_compute_network.this.id
  ip_cidr_range            = cidrsubnet(var.network_cidr, local.subnet_prefix - local.network_prefix, 0)
  private_ip_google_access = true
}

resource "google_compute_global_address" "services" {
  project       = var.project_id
  name          = "${local.prefix}-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.this.id
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.this.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
  # The database releases its network minutes after it was deleted, so deleting the peering at once fails.
  deletion_policy = "ABANDON"
}
