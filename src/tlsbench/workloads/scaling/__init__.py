"""``workload=scaling``: several threads at once, compared with as many processes, with controls."""
