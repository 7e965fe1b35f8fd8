"""Addresses that several layers of the server have to know."""

HEALTH = ("/livez", "/readyz", "/v2/health/live", "/v2/health/ready")
"""Open to everybody, and told while the server starts and ends."""

METRICS = "/metrics"

RELOAD = "/v1/model/reload"
