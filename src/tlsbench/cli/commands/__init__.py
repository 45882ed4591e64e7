"""The commands, one module each: its parameters, its help, and what it does.

A module here has a function ``command`` or, if it is a group, a table ``COMMANDS``. Slow imports are inside
that function, so that the help appears at once.
"""
