# The key that encrypts the addresses and secrets of notification channels.

locals {
  # The deployments that serve alerts: two of them while deployments are regrouped.
  alerting = [for name, it in local.deployments : name if contains(it.slices, "alerts")]
}

# Cloud KMS never deletes a key ring: a suite that is made again in the same project needs another name_prefix, or an import.
resource "google_kms_key_ring" "channels" {
  project  = var.project_id
  name     = "${local.prefix}-channels"
  location = var.region

  depends_on = [terraform_data.apis]
}

# Each version keeps decrypting what it has encrypted; new channels use the newest one.
resource "google_kms_crypto_key" "channels" {
  name            = "channels"
  key_ring        = google_kms_key_ring.channels.id
  purpose         = "ENCRYPT_DECRYPT"
  rotation_period = "7776000s"
  labels          = var.labels
}

resource "google_kms_crypto_key_iam_member" "channels" {
  for_each = toset(local.alerting)

  crypto_key_id = google_kms_crypto_key.channels.id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:${module.functions[each.key].account}"
}
