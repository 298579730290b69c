"""What is sent again: dead letters, events of the log, records as they are; chosen chunk by chunk."""
