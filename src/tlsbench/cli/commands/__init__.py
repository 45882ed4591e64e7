"""The commands, one module each: what it takes and says in its help, and what it does.

A module here has a function ``command``, or, where it is a group, a table ``COMMANDS``. It imports what takes
long within that function, so that its help answers at once.
"""
