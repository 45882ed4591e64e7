"""Who the peers are: keys, authorities and the chains that they issue."""

from tlsbench.pki.authority import CLIENT_NAME, SERVER_NAME, Authority, Identity, Peers, peers, root_authority

__all__ = ["CLIENT_NAME", "SERVER_NAME", "Authority", "Identity", "Peers", "peers", "root_authority"]
