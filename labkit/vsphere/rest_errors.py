"""How the vSphere REST API refuses: an HTTP status, an error type, and words for people.

    404  {"error_type": "NOT_FOUND", "messages": [{"id": …, "default_message": …, "args": []}]}

Statuses by type are those of the vSphere Automation API reference (com.vmware.vapi.std.errors; document-only). It lists
400 for 'already in the desired state' and 'busy'; older pages of it say 409 for both.
"""

from labkit.vsphere.faults import name_of, translated

STATUS = {
    "ALREADY_EXISTS": 400,
    "ALREADY_IN_DESIRED_STATE": 400,
    "ERROR": 500,
    "INVALID_ARGUMENT": 400,
    "INVALID_REQUEST": 400,
    "NOT_ALLOWED_IN_CURRENT_STATE": 400,
    "NOT_FOUND": 404,
    "OPERATION_NOT_FOUND": 404,
    "RESOURCE_BUSY": 400,
    "RESOURCE_IN_USE": 400,
    "SERVICE_UNAVAILABLE": 503,
    "UNABLE_TO_ALLOCATE_RESOURCE": 500,
    "UNAUTHENTICATED": 401,
    "UNAUTHORIZED": 403,
    "UNSUPPORTED": 400,
}
OF_FAULT = {
    "AlreadyExists": "ALREADY_EXISTS",
    "DuplicateName": "ALREADY_EXISTS",
    "FileLocked": "RESOURCE_IN_USE",
    "FileNotFound": "NOT_FOUND",
    "HostNotConnected": "SERVICE_UNAVAILABLE",
    "InsufficientFailoverResourcesFault": "UNABLE_TO_ALLOCATE_RESOURCE",
    "InsufficientResourcesFault": "UNABLE_TO_ALLOCATE_RESOURCE",
    "InvalidArgument": "INVALID_ARGUMENT",
    "InvalidLogin": "UNAUTHENTICATED",
    "InvalidPowerState": "NOT_ALLOWED_IN_CURRENT_STATE",
    "InvalidState": "NOT_ALLOWED_IN_CURRENT_STATE",
    "ManagedObjectNotFound": "NOT_FOUND",
    "NoCompatibleHost": "UNABLE_TO_ALLOCATE_RESOURCE",
    "NoPermission": "UNAUTHORIZED",
    "NotAuthenticated": "UNAUTHENTICATED",
    "NotSupported": "UNSUPPORTED",
    "TaskInProgress": "RESOURCE_BUSY",
}


class Refused(Exception):
    """A request that the REST API refuses, with its `error_type` and `message`."""

    def __init__(self, error_type, message):
        super().__init__(message)
        self.error_type, self.message = error_type, message

    @property
    def status(self):
        """The HTTP status."""
        return STATUS[self.error_type]

    def body(self):
        """The error body."""
        identifier = f"com.vmware.vapi.std.errors.{self.error_type.lower()}"
        message = {"id": identifier, "default_message": self.message, "args": []}
        return {"error_type": self.error_type, "messages": [message]}


def refused(error):
    """The Refused of a LabError that vpxd raised."""
    named = translated(error)
    name = name_of(named)
    words = named.message.removeprefix(f"{name}: ")
    return Refused(OF_FAULT.get(name, "ERROR"), f"{words} – {named.next_step}" if named.next_step else words)
