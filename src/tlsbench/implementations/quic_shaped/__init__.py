"""QUIC libraries with the shape of aioquic: connections without I/O, datagrams and a time in and out."""
