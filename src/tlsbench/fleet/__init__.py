"""Many machines that measure or load together, on Dask.

Values and pure logic: :mod:`~tlsbench.fleet.clocks`, :mod:`~tlsbench.fleet.hosts`,
:mod:`~tlsbench.fleet.facts`, :mod:`~tlsbench.fleet.merging`, :mod:`~tlsbench.fleet.combining`. Only
:mod:`~tlsbench.fleet.cluster`, where somebody asks, and :mod:`~tlsbench.fleet.errand`, on each machine, use
Dask. What measures is a process of its own there, :mod:`~tlsbench.fleet.member`, which never imports it.
"""
