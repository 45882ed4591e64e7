"""What went over a link, decrypted with the connection's own secrets.

Bytes (:mod:`.piece`) become records (:mod:`.records`), which are decrypted (:mod:`.protection`, with the
secrets of :mod:`.keylog`) and read as messages (:mod:`.decoding`, :mod:`.messages`).
"""
