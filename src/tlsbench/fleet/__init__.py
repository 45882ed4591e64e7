"""Many machines that measure or load together, coordinated by Dask.

Values and pure logic: :mod:`~tlsbench.fleet.clocks`, :mod:`~tlsbench.fleet.hosts`,
:mod:`~tlsbench.fleet.facts`, :mod:`~tlsbench.fleet.merging`, :mod:`~tlsbench.fleet.combining`. Only
:mod:`~tlsbench.fleet.cluster`, on the coordinating machine, and :mod:`~tlsbench.fleet.errand`, on each
machine of the fleet, use Dask. The measurement runs there in a separate process,
:mod:`~tlsbench.fleet.member`, which never imports it.
"""
