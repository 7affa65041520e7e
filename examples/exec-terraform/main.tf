# Resources that need no provider and no account, so that anybody can run this.
variable "environment" {
  type = string
}

resource "terraform_data" "release" {
  input = "release of ${var.environment}"
}

output "release" {
  value = terraform_data.release.output
}
