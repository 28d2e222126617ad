"""A Task: vSphere's answer to everything that takes time. The client gets a reference at once and asks how far it is.

    queued ──▶ running ──▶ success
                  └──────▶ error       with a fault

A reference without an answer is no result: 'the task was accepted' and 'the VM runs' are two sentences. What the real
one does differently: tasks are kept for weeks and can be listed; ours end with vpxd's memory.

Document-only: vSphere is closed source.
"""

from labkit.vsphere.faults import name_of, translated
from labkit.world.errors import LabError

DESCRIPTIONS = {  # of TaskInfo.descriptionId, by the method
    "PowerOnVM_Task": "VirtualMachine.powerOn",
    "PowerOffVM_Task": "VirtualMachine.powerOff",
    "SuspendVM_Task": "VirtualMachine.suspend",
    "ResetVM_Task": "VirtualMachine.reset",
    "CreateVM_Task": "Folder.createVm",
    "CloneVM_Task": "VirtualMachine.clone",
    "Destroy_Task": "ManagedEntity.destroy",
    "MigrateVM_Task": "VirtualMachine.migrate",
    "EnterMaintenanceMode_Task": "HostSystem.enterMaintenanceMode",
    "ExitMaintenanceMode_Task": "HostSystem.exitMaintenanceMode",
}


def task_info(reference, method, entity, job, at):
    """TaskInfo as a dict of plain values, in the names of the vSphere API. `at`: virtual second → calendar time."""
    return {
        "key": reference,
        "descriptionId": DESCRIPTIONS.get(method, method),
        "entity": entity,
        "entityName": job.entity,
        "state": job.state,
        "queueTime": at(job.start_s),
        "completeTime": None if job.end_s is None else at(job.end_s),
        "error": None if job.error is None else fault_of(job.error),
    }


def fault_of(error):
    """The fault of an error: its name and what it says."""
    named = translated(error)
    return {"fault": name_of(named) or "HostCommunication", "message": named.message}


class Task:
    """A client's view of one task of vpxd. `info`: the TaskInfo that was heard last."""

    def __init__(self, vcenter, reference):
        self.vcenter, self.reference, self.info = vcenter, reference, None

    def __repr__(self):
        state = self.info["state"] if self.info else "not asked yet"
        why = f": {self.info['error']['message']}" if self.info and self.info["error"] else ""
        return f"<Task {self.reference}: {state}{why}>"

    def ask(self):
        """Ask vpxd how far it is (TaskInfo). Unanswered if vpxd is away."""
        self.info = self.vcenter.ask("RetrieveTaskInfo", task=self.reference)
        return self.info

    def wait(self, timeout_s=600):
        """Run the world until it has ended; returns the task. Raises its fault as LabError."""
        self.info = self.vcenter.ask("WaitForTask", timeout_s, task=self.reference)
        if self.info["error"]:
            raise LabError(self.info["error"]["message"], self.info["code"], True, "see the task's info")
        return self
