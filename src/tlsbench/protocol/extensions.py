"""Extensions of hello messages: IANA's "TLS ExtensionType Values"."""

from __future__ import annotations

from typing import Final

# RFC 5077 section 3.2
SESSION_TICKET: Final = 35
# RFC 8446 section 4.2
PRE_SHARED_KEY: Final = 41
EARLY_DATA: Final = 42
SUPPORTED_VERSIONS: Final = 43
KEY_SHARE: Final = 51
