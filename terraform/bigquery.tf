# The archive as a table of BigQuery: reads the Parquet objects where they are, by tenant and month.

resource "google_bigquery_dataset" "archive" {
  count = var.bigquery_enabled ? 1 : 0

  project     = var.project_id
  location    = var.region
  dataset_id  = "${local.prefix}_archive"
  description = "Archived points, read from Cloud Storage"
  labels      = var.labels

  depends_on = [google_project_service.apis]
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
    # The schema is given, so that the table can be made before there is an object.
    autodetect  = false
    source_uris = ["${google_storage_bucket.archive.url}/metrics/*.parquet"]

    schema = jsonencode([
      { name = "service_name", type = "STRING", mode = "NULLABLE" },
      { name = "metric_type", type = "STRING", mode = "NULLABLE" },
      { name = "unit", type = "STRING", mode = "NULLABLE" },
      { name = "labels", type = "STRING", mode = "NULLABLE" },
      { name = "timestamp", type = "TIMESTAMP", mode = "NULLABLE" },
      { name = "value", type = "FLOAT64", mode = "NULLABLE" },
    ])

    hive_partitioning_options {
      mode              = "CUSTOM"
      source_uri_prefix = "${google_storage_bucket.archive.url}/metrics/{tenant:STRING}/{month:DATE}"
      # A question that names no month would read, and bill, all of them.
      require_partition_filter = true
    }
  }
}
