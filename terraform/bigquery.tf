# The archive as a table of BigQuery, which reads the Parquet objects in place, by tenant and month.

resource "google_bigquery_dataset" "archive" {
  count = var.bigquery_enabled ? 1 : 0

  project     = var.project_id
  location    = var.region
  dataset_id  = "${local.prefix}_archive"
  description = "Archived points, read from Cloud Storage"
  labels      = var.labels

  depends_on = [terraform_data.apis]
}

# One point in the archive's format. A test writes it again and compares.
resource "google_storage_bucket_object" "archive_layout" {
  count = var.bigquery_enabled ? 1 : 0

  bucket = google_storage_bucket.bundles.name
  name   = "bigquery/metrics-${substr(filesha256("${path.module}/bigquery/metrics.parquet"), 0, 16)}.parquet"
  source = "${path.module}/bigquery/metrics.parquet"

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_bigquery_table" "metrics" {
  count = var.bigquery_enabled ? 1 : 0

  project             = var.project_id
  dataset_id          = google_bigquery_dataset.archive[0].dataset_id
  table_id            = "metrics"
  deletion_protection = var.deletion_protection
  labels              = var.labels

  external_data_configuration {
    source_format = "PARQUET"
    # BigQuery accepts no schema for Parquet and cannot detect one before there is an object, so the schema is read from an example.
    autodetect                = true
    reference_file_schema_uri = "${google_storage_bucket.bundles.url}/${google_storage_bucket_object.archive_layout[0].name}"
    source_uris               = ["${google_storage_bucket.archive.url}/metrics/*.parquet"]

    hive_partitioning_options {
      mode              = "CUSTOM"
      source_uri_prefix = "${google_storage_bucket.archive.url}/metrics/{tenant:STRING}/{month:DATE}"
      # A query without a month would read, and bill, all months.
      require_partition_filter = true
    }
  }
}
