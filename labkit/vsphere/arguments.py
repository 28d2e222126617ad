"""The arguments of a call, looked at before anything is done: a client's mistake is the client's fault, by name.

    vc.ask("PowerOnVM_Task", host="esx1")   →   InvalidArgument: PowerOnVM_Task takes vm, not host

The real API says as much in its own schema (WSDL): what does not fit never gets as far as vpxd.
"""

from inspect import Parameter, signature

from labkit.vsphere.faults import fault

NEEDED = Parameter.empty


def fitting(name, method, detail, own=1):
    """Return `detail` if these are arguments of the API's method `name`, which `method(self, …)` carries out; `own`:
    how many parameters in front are not the client's. LabError (400, InvalidArgument) that says which it takes."""
    takes = list(signature(method).parameters.values())[own:]
    more = any(each.kind is Parameter.VAR_KEYWORD for each in takes)
    known = [each for each in takes if each.kind is not Parameter.VAR_KEYWORD]
    names = [each.name for each in known]
    strange = [] if more else [key for key in detail if key not in names]
    missing = [each.name for each in known if each.default is NEEDED and each.name not in detail]
    if strange or missing:
        said = f"{name} takes {', '.join(names) or 'no arguments'}"
        raise fault("InvalidArgument", said + (f", not {strange[0]}" if strange else f"; {missing[0]} is missing"),
                    "give them by their names")  # fmt: skip
    return detail


def text(value, what):
    """Return `value` if it is a text with something in it. LabError (400, InvalidArgument)."""
    if not isinstance(value, str) or not value:
        raise fault("InvalidArgument", f"{what} must be a text, not {value!r}", "one name or MoRef, in quotes")
    return value


def texts(values, what):
    """Return `values` as a list if it is a list or tuple of texts. LabError (400, InvalidArgument)."""
    if not isinstance(values, (list, tuple)):
        raise fault("InvalidArgument", f"{what} must be a list of names, not {values!r}", 'one name: ["san1"]')
    return [text(each, f"each of {what}") for each in values]


def truth(value, what):
    """Return `value` if it is True or False. LabError (400, InvalidArgument)."""
    if not isinstance(value, bool):
        raise fault("InvalidArgument", f"{what} is True or False, not {value!r}")
    return value
