"""The CPU of one host: who may run, how long, and who has to wait while wanting to.

allocation.py   what is promised: shares, a reservation, a limit
entitlement.py  what the promises are worth right now (water-filling)
admission.py    which promises are refused, because they could not be kept
scheduler.py    vCPUs on physical CPUs, slice by slice: what really happens
"""
