"""QUIC libraries shaped like aioquic: connections without I/O that are given datagrams and the time."""
