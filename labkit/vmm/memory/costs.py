"""What a page costs that is not where it is wanted, in microseconds.

Orders of magnitude, not measurements ('documented default': Waldspurger 2002, 'vSphere Resource Management', any disk's
data sheet). What counts is the distance: a page that must come from a disk costs a thousand times as much as one that
must be unpacked, and a CPU that must be shared by four only costs a factor of four.
"""

MIB_PAGES = 256  # pages of 4 KiB per MiB

COW_US = 3.0  # the first write to a shared page: fault, new frame, copy of 4 KiB
WRITE_US = 0.1  # a write to a page of one's own
DECOMPRESS_US = 20.0
SWAP_IN_US = {"ssd": 150.0, "hdd": 6000.0}  # one page from the host's swap file, or from the guest's own swap disk

SHARE_MIB_S = 512.0  # what a scan finds and merges (real: slow by default, Mem.ShareScanTime = 60 min)
BALLOON_MIB_S = 256.0  # how fast one guest's driver gives pages up
COMPRESS_MIB_S = 1024.0
SWAP_OUT_MIB_S = 256.0
GROW_MIB_S = 512.0  # how fast a guest fills memory


def speed(active_mib, swapped_mib=0.0, compressed_mib=0.0, disk="ssd"):
    """Speed of a VM, 1 = undisturbed, if one second of its work uses every active page once. Of `active_mib` some lie
    in a swap file and some are compressed (MiB): each of these pages must be fetched first."""
    if active_mib <= 0:
        return 1.0
    waits_us = MIB_PAGES * (swapped_mib * SWAP_IN_US[disk] + compressed_mib * DECOMPRESS_US)
    return 1 / (1 + waits_us / 1e6)
