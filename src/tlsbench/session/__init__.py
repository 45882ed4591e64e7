"""The layer behind every interface of tlsbench: functions from a frozen request to a result.

The command line, the pytest plugin and Python programs make the same requests and get the same values.
Nothing here prints, reads ``sys.argv``, or writes result files.
"""
