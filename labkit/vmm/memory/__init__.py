"""The memory of one host: three kinds of addresses, and what a hypervisor does when it has promised too much."""
