"""The ops API under `/ops/v1`: what an operator, the command line and a dashboard ask and order."""
