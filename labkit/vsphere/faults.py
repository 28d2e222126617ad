"""vSphere's faults: what a refusal is called there, and which status our errors carry for it.

A fault travels as words, so its name stands at the beginning of the message: 'InvalidPowerState: erp is poweredOn'. The
names are those of the vSphere Web Services API (vim.fault.*, document-only); the statuses are ours, in HTTP's sense.
"""

from labkit.world.errors import LabError

CODES = {
    "AlreadyExists": 409,
    "DuplicateName": 409,
    "FileLocked": 409,
    "FileNotFound": 404,
    "HostNotConnected": 409,
    "InsufficientFailoverResourcesFault": 507,
    "InsufficientResourcesFault": 507,
    "InvalidArgument": 400,
    "InvalidLogin": 401,
    "InvalidPowerState": 409,
    "InvalidState": 409,
    "ManagedObjectNotFound": 404,
    "NoCompatibleHost": 507,
    "NoPermission": 403,
    "NotAuthenticated": 401,
    "NotSupported": 501,
    "TaskInProgress": 409,
}
BY_CODE = {  # what a refusal of the layer below comes to, when its words say no more
    400: "InvalidArgument",
    404: "ManagedObjectNotFound",
    409: "InvalidState",
    501: "NotSupported",
    507: "InsufficientResourcesFault",
}
BY_WORDS = (
    ("is in use by", "FileLocked"),
    ("is already running", "InvalidPowerState"),
    ("is not running", "InvalidPowerState"),
    ("is busy", "TaskInProgress"),
    ("no valid host", "NoCompatibleHost"),
    ("unreserved", "InsufficientResourcesFault"),
    ("already exists", "DuplicateName"),
    ("already a VM", "DuplicateName"),
)


def fault(name, message, next_step=None, definite=True):
    """A LabError that carries the fault's name in front of its words and its status as code."""
    return LabError(f"{name}: {message}", CODES[name], definite, next_step)


def name_of(error):
    """The fault's name of an error, or None: 'FileLocked'."""
    name = error.message.split(":")[0] if error is not None else None
    return name if name in CODES else None


def translated(error):
    """A refusal of the host's parts below in vSphere's words. What is a fault already, or no answer at all, stays."""
    if name_of(error) or error.code not in BY_CODE:
        return error
    named = next((name for words, name in BY_WORDS if words in error.message), BY_CODE[error.code])
    return LabError(f"{named}: {error.message}", CODES[named], error.definite, error.next_step)
