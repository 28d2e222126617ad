"""OpenStack, service by service, as the real ones behave."""
