"""`labkit serve PLATFORM`: which platform's server is meant; the rest of the line is the platform's own."""

import sys
from importlib import import_module

PLATFORMS = {
    "openstack": ("labkit.openstack.serve", "Keystone, for the openstack CLI and openstacksdk"),
    "vsphere": ("labkit.vsphere.serve", "a vCenter, for clients of the vSphere REST API"),
}


def main(args):
    """Hand over to the platform. Returns its exit status; 2 for a word that is no platform, 0 for help."""
    asked = args[0] if args else None
    if asked in PLATFORMS:
        return import_module(PLATFORMS[asked][0]).main(args[1:])
    lines = [f"  {name:<11}{what}" for name, (_, what) in PLATFORMS.items()]
    usage = "\n".join(["usage: labkit serve <platform> …", "", "platforms:", *lines, "",
                       "'labkit serve <platform> --help' explains one of them."])  # fmt: skip
    if asked in ("-h", "--help"):
        print(usage)
        return 0
    print(f"labkit serve: there is no platform {asked!r}.\n{usage}" if asked else usage, file=sys.stderr)
    return 2
