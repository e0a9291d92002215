-- A table that was never analysed is planned as if it had ten pages, by its indexes. Analysed with the first fifty rows, it is planned to be read as a
-- whole, and stays so while it grows until the next analysis. With this threshold the first analysis comes when the table is worth one.
alter table insight_feedback set (autovacuum_analyze_threshold = 1000);
