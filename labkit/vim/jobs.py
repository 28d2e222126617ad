"""Jobs: what was asked of the VIM and how far it is. The answer to 'create' is not a VM but a job.

    queued ──▶ running ──▶ success
                  └──────▶ error      with the reason

What the real one does differently: vSphere calls it Task (TaskInfo.state has these four values), an OpenStack client
polls the server's task_state. Theirs can be listed for days; ours are in the memory of the VIM's process: only the last
KEPT that have ended, and all end as errors when it does. What was wanted is in its database all the same.
"""

from collections import deque

from labkit.world.errors import LabError

ENDED = ("success", "error")
KEPT = 1000  # chosen


class Jobs(dict):
    """Jobs by id: all that go on, and the last KEPT of those that have ended."""

    def __init__(self):
        super().__init__()
        self.count, self.over = 0, deque()

    def begin(self, vim, what, entity):
        """A new Job."""
        self.count += 1
        job = self[self.count] = Job(vim, self.count, what, entity, vim.world.now)
        return job

    def ended(self, job):
        """It goes on no more: an older one is forgotten."""
        self.over.append(job.id)
        if len(self.over) > KEPT:
            del self[self.over.popleft()]


class Job:
    """One act that goes on: `id`, `what`, `entity` (a VM's or host's name), `state`, `start_s`, `end_s`, `error`."""

    __slots__ = ("vim", "id", "what", "entity", "state", "start_s", "end_s", "error", "waiters")

    def __init__(self, vim, id, what, entity, start_s):
        self.vim, self.id, self.what, self.entity, self.state = vim, id, what, entity, "queued"
        self.start_s, self.end_s, self.error, self.waiters = start_s, None, None, ()

    @property
    def ended(self):
        return self.state in ENDED

    @property
    def vm(self):
        """The VM's record, or None if there is none (any more)."""
        return self.vim.vms.get(self.entity)

    def finish(self, now_s, error=None):
        """It has ended: with success, or with an error (a LabError). What has ended stays as it is."""
        if self.state in ENDED:
            return
        self.state, self.end_s, self.error = "error" if error else "success", now_s, error
        for waiter in self.waiters:
            waiter.succeed(self)
        self.waiters = ()
        self.vim.jobs.ended(self)

    def wait(self, timeout_s=600):
        """Run the world until it has ended; returns the job. Raises its error, or LabError (504) after `timeout_s`."""
        self.vim.wait(self, timeout_s)
        if self.error is not None:
            raise LabError(self.error.message, self.error.code, self.error.definite, self.error.next_step)
        return self

    def __repr__(self):
        why = f": {self.error.message}" if self.error else ""
        return f"<job {self.id}: {self.what} {self.entity}, {self.state}{why}>"
