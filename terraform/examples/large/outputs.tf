output "suite" {
  description = "What was deployed."
  value       = module.penstock
}
