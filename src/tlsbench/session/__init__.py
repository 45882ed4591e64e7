"""What every face of tlsbench calls: measurements as functions, from a frozen request to a result.

The command line, the pytest plugin and Python programs ask for the same things and get the same
values. Nothing here prints, reads words of a command line, or writes files.
"""
