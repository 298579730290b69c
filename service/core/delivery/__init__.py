"""What is sent to whom, and as what: filters, redaction, formats. All of it is pure but for two files."""
