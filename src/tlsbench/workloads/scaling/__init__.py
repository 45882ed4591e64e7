"""``workload=scaling``: several threads at once, beside as many processes, with controls."""
