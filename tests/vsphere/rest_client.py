"""A plain HTTP client of the REST API, logged in, for tests."""

import requests

from labkit.world.transport import mount

VMS, URL = "/api/vcenter/vm", "http://vpxd"
ADMIN = ("administrator@vsphere.local", "VMware1!")


class Client:
    """A logged-in HTTP client of a vCenter: `said` sends and returns (status, body)."""

    def __init__(self, vcenter, auth=ADMIN):
        self.vcenter, self.http = vcenter, mount(requests.Session(), vcenter.world)
        answer = self.http.post(f"{URL}/api/session", auth=auth)
        self.http.headers["vmware-api-session-id"] = answer.json()

    def said(self, method, path, **body):
        answer = self.http.request(method, URL + path, json=body or None)
        return answer.status_code, answer.json() if answer.content else None

    def refused(self, method, path, **body):
        """(status, error type) of a request that must not succeed."""
        status, said = self.said(method, path, **body)
        assert said["messages"][0]["id"] == f"com.vmware.vapi.std.errors.{said['error_type'].lower()}"
        assert said["messages"][0]["default_message"]
        return status, said["error_type"]

    def new(self, name="erp", **body):
        status, vm = self.said("POST", VMS, name=name, guest_OS="OTHER_LINUX_64", **body)
        assert status == 201, vm
        return vm

    def power(self, vm, action):
        return self.said("POST", f"{VMS}/{vm}/power?action={action}")
