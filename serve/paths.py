"""Addresses that several layers of the server have to know."""

HEALTH = ("/livez", "/readyz", "/v2/health/live", "/v2/health/ready")
"""Open to everybody, and told while the server starts and ends."""

METRICS = "/metrics"

PAGE, PAGE_FILES = "/", "/page/"
"""The page for people, and what begins its files' paths: open to everybody, since it asks with its reader's key."""

RELOAD = "/v1/model/reload"
