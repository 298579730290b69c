"""Truto's API over our store: unified views under Recruitee's own ids, for whoever codes against Truto."""
