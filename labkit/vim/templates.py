"""Templates: VMs that do not start, to make others from. Each is a flavour (Spec) and an image on a datastore.

    register ──▶ template ── deploy ──────────────▶ VM    full copy: size / throughput, then it needs nobody
                    │     └─ deploy(linked=True) ─▶ VM    a delta at once; the template must stay as it is
    mark_as_template / back_to_vm

A template is no backup: its VMs never hear of what is done to it later, and it knows nothing of theirs. It lies on the
same datastore as its linked clones, and is lost with it. Copies of one datastore queue: ten take ten times as long.

What the real one does differently: vCenter copies through the hosts or lets the array copy (VAAI), 8 provisioning
operations a host at once (documents only); its content library keeps templates at several sites; a customisation
specification gives the clone a name and an address of its own. OpenStack's templates are Glance images, which the host
caches and puts a delta over, so all instances of an image on a host are linked to the cached copy.
"""

from dataclasses import dataclass, field

from labkit.vim import images
from labkit.vim.keeping import writing
from labkit.vim.spec import Spec, from_json
from labkit.world import action
from labkit.world.errors import LabError, number, unknown, words

THROUGHPUT_MIB_S = 200  # chosen: a 10 GiB image in 51 s


@dataclass(repr=False)
class Template:
    """name, spec; the datastore where its image lies; copy_gib: what a full copy reads.

    linked    names of the VMs that stand on it; copying: names of VMs → the second when their full copy is ready
    """

    name: str
    spec: object
    datastore: str
    copy_gib: float
    linked: dict = field(default_factory=dict)
    copying: dict = field(default_factory=dict)

    def __repr__(self):
        size = f"{self.spec.vcpus} vCPU, {self.spec.memory_mib:,g} MiB, image of {self.copy_gib:.3g} GiB"
        return f"<template {self.name}: {size} on {self.datastore}; linked clones: {', '.join(self.linked) or 'none'}>"


class Templates:
    """The templates of a VIM; a copy moves `throughput_mib_s` from datastore to datastore."""

    @action
    def __init__(self, world, throughput_mib_s=THROUGHPUT_MIB_S, name="vim-templates"):
        self.world, self.name, self.vim = world, name, None
        self.throughput_mib_s = number(throughput_mib_s, "throughput_mib_s", least=0.001)
        self.all, self.wishes, self.busy_until_s = {}, {}, {}
        self.done = set()  # VMs whose disk has been made from a template

    def bind(self, vim):
        """The VIM whose templates these are."""
        self.vim = vim

    def started(self):
        """The VIM's process has started: the copies that it had begun are nobody's now, and are begun again."""
        self.busy_until_s.clear()
        for template in self.all.values():
            template.copying.clear()

    def written(self):
        """The templates as plain data, and who waits for a linked copy: what lies in the VIM's database."""
        rows = {name: [it.spec.as_json(), it.datastore, it.copy_gib, list(it.linked)] for name, it in self.all.items()}
        waiting = sorted(vm for vm, linked in self.wishes.items() if linked)
        return {"templates": rows, "linked": waiting} if rows or waiting else {}

    def recall(self, data):
        """These templates, as written() gave them, and no others. None: the VIM's process has ended."""
        data = data or {"templates": {}, "linked": ()}
        self.all = {name: Template(name, from_json(spec), datastore, gib, dict.fromkeys(linked, True))
                    for name, (spec, datastore, gib, linked) in data["templates"].items()}  # fmt: skip
        self.wishes, self.done, self.busy_until_s = dict.fromkeys(data["linked"], True), set(), {}

    def __repr__(self):
        return "\n".join(map(repr, self.all.values())) or "<no templates>"

    def __getitem__(self, name):
        """The Template of this name. LabError (404)."""
        if not isinstance(name, str) or name not in self.all:
            error = unknown("template", name, self.all)
            raise LabError(error.message, 404, True, error.next_step)
        return self.all[name]

    # -- what people do ------------------------------------------------------------------------------------------------
    @writing
    def register(self, name, spec, datastore=None, used_gib=None):
        """A template of this Spec from an image on `datastore` (by default the spec's): the disk `name` if it lies
        there, else an image of `used_gib` (all of the disk) is brought. LabError: 400, 409 name taken, 507 no room."""
        if not isinstance(spec, Spec):
            raise LabError(f"a template needs a Spec, not {spec!r}", 400, True, "Spec(memory_mib=2048)")
        place = spec.datastore if datastore is None else datastore
        if place is None:
            raise LabError(f"on which datastore does {name!r} lie?", 400, True, 'datastore="san1"')
        self._new(name)
        used_gib = spec.disk_gib if used_gib is None else number(used_gib, "used_gib", most=spec.disk_gib)
        store = self._store(place)
        copy_gib = images.bring(store, name, spec.disk_gib, used_gib)
        images.freeze(store, name)
        return self._keep(Template(name, spec, place, copy_gib), "registered as template")

    def _new(self, name):
        if words(name, "a template's name") in self.all:
            raise LabError(f"there is already a template {name!r}", 409, True, "choose another name, or delete it")
        if name in self.vim.vms:
            raise LabError(f"there is already a VM {name!r}", 409, True, "mark_as_template() makes a template of it")

    def _keep(self, template, what):
        self.all[template.name] = template
        self.vim.keep("templates")
        self.world.emit(self.vim.name, template.name, "vim", f"{template.name}: {what}", datastore=template.datastore)
        return template

    @writing
    def deploy(self, template, vm, linked=False, **order):
        """Order a VM from a template: the Job of vim.create(vm, template=…, **order)."""
        its = self[template]
        place = getattr(order.get("spec", its.spec), "datastore", None)
        if linked and place != its.datastore:
            why = f"a linked clone of {template!r} lies beside it, on {its.datastore}, not on {place or 'a host'}"
            raise LabError(why, 409, True, f'give it a spec with datastore="{its.datastore}"')
        job = self.vim.create(vm, template=template, **order)  # its disk is made in a later pass
        if linked:
            self.wishes[vm] = True
            self.vim.keep("templates", late=True)
        return job

    @writing
    def mark_as_template(self, vm):
        """A VM that is off becomes a template, with the disk it has. LabError (404, 409)."""
        record = self._record(vm)
        if record.seen != "off" or record.desired != "off":
            why = f"{vm!r} is {record.seen} and is to be {record.desired}: a template does not run"
            raise LabError(why, 409, True, "stop it first")
        place = record.spec.datastore
        if place is None:
            raise LabError(
                f"{vm!r} lies on the own disk of {record.host.name}", 409, True, "templates lie on shared ones"
            )
        store = self._store(place)
        copy_gib = images.bring(store, vm, record.spec.disk_gib, record.spec.disk_gib)
        images.freeze(store, vm)
        return self._keep(Template(vm, record.spec, place, copy_gib), "marked as template")

    def _record(self, vm):
        if not isinstance(vm, str) or vm not in self.vim.vms:
            error = unknown("VM", vm, self.vim.vms)
            raise LabError(error.message, 404, True, error.next_step)
        return self.vim.vms[vm]

    @writing
    def back_to_vm(self, name):
        """A template that was a VM is one again, and may start. LabError (409) while it is in use."""
        self._free(self[name], "let it be written")
        self._record(name)
        images.thaw(self._store(self[name].datastore), name)
        self._forget(name, "a VM again")

    @writing
    def delete(self, name):
        """Delete a template and its image. LabError (409) with the names of those who need it."""
        template = self[name]
        self._free(template, "delete it")
        if name in self.vim.vms:
            raise LabError(f"{name!r} is also a VM of the inventory", 409, True, "back_to_vm(), then terminate it")
        store = self._store(template.datastore)
        if images.real(store) and name in store.disks:
            store.disks[name].unmark_template()
        images.destroy(store, name)
        self._forget(name, "template deleted")

    def _forget(self, name, what):
        del self.all[name]
        self.vim.keep("templates")
        self.world.emit(self.vim.name, name, "vim", f"{name}: {what}")

    def _free(self, template, wish):
        """Raise LabError (409) while the template is in use."""
        if template.linked:
            why = f"cannot {wish}: the linked clones {', '.join(template.linked)} stand on {template.name!r}"
            raise LabError(why, 409, True, "terminate them first, or give each a full copy of its own")
        if template.copying:
            why = f"cannot {wish}: {template.name!r} is being copied for {', '.join(template.copying)}"
            raise LabError(why, 409, True, "wait for the copies")
        waiting = [vm.name for vm in self.vim.vms.values() if vm.template == template.name and self._waits(vm)]
        if waiting:
            why = f"cannot {wish}: a copy of {template.name!r} was ordered for {', '.join(waiting)}"
            raise LabError(why, 409, True, "wait for the copies")

    def _waits(self, vm):
        """Whether a VM was ordered and has no disk yet."""
        return vm.order is None and vm.desired != "absent" and not (
            vm.name in self.done or vm.host is not None and vm.name in self._place(vm).disks
        )  # fmt: skip

    def _store(self, name):
        if not isinstance(name, str) or not hasattr(self.world.components.get(name), "disks"):
            stores = [each for each, it in self.world.components.items() if hasattr(it, "disks")]
            error = unknown("datastore", name, stores)
            raise LabError(error.message, 404, True, error.next_step)
        return self.world.components[name]

    # -- what the VIM asks ---------------------------------------------------------------------------------------------
    def spec_of(self, name):
        """The Spec of a template. LabError (404)."""
        return self[name].spec

    def admit(self, verb, vm):
        """Return if this may be done with a VM (a name). LabError (409): a template neither starts nor goes away."""
        if vm in self.all and verb == "terminate":
            raise LabError(f"{vm!r} is a template", 409, True, "back_to_vm() first")
        if vm in self.all and verb == "start":
            raise LabError(
                f"{vm!r} is a template: it does not start", 409, True, "deploy a VM from it, or back_to_vm()"
            )
        if vm in self.all and verb == "resize":
            raise LabError(f"{vm!r} is a template: its copies are of its size", 409, True, "back_to_vm() first")

    def begin(self, vm):
        """A VM from a template (a VmRecord that has its host) is being made: seconds until its disk is ready."""
        if vm.name in self.done or vm.name in self._place(vm).disks or self.wishes.get(vm.name):
            return 0.0
        template = self[vm.template]
        if vm.name not in template.copying:
            now_s, copy_s = self.world.now, template.copy_gib * images.MIB_PER_GIB / self.throughput_mib_s
            ready_s = max(now_s, self.busy_until_s.get(template.datastore, 0.0)) + copy_s
            template.copying[vm.name] = self.busy_until_s[template.datastore] = ready_s
            self.world.emit(self.vim.name, template.datastore, "vim", f"{vm.name}: copying {template.name}",
                            gib=template.copy_gib, ready_s=ready_s)  # fmt: skip
        return max(0.0, template.copying[vm.name] - self.world.now)

    def cloned(self, vm):
        """Its disk is made now. LabError: 400 another size, 404 the image is gone, 409, 507 no room."""
        store = self._place(vm)
        if vm.name in self.done or vm.name in store.disks:
            return
        template = self[vm.template]
        if vm.spec.disk_gib != template.spec.disk_gib:
            why = f"the disk of {template.name!r} has {template.spec.disk_gib:g} GiB, not {vm.spec.disk_gib:g}"
            raise LabError(why, 400, True, "a copy is as large as its template")
        template.copying.pop(vm.name, None)
        source, linked = self._store(template.datastore), self.wishes.pop(vm.name, False)
        if linked:
            images.fork(source, template.name, vm.name)
            template.linked[vm.name] = True
            self.vim.keep("templates", late=True)
        else:
            images.copy(source, template.name, store, vm.name, vm.spec.disk_gib)
        self.done.add(vm.name)
        how = "linked clone" if linked else "full copy"
        self.world.emit(self.vim.name, store.name, "vim", f"{vm.name}: {how} of {template.name}")

    def released(self, vm):
        """The VM is gone for good."""
        self.wishes.pop(vm.name, None)
        self.done.discard(vm.name)
        template = self.all.get(vm.template)
        if template is not None:
            if template.linked.pop(vm.name, None):
                self.vim.keep("templates", late=True)
            template.copying.pop(vm.name, None)

    def _place(self, vm):
        return self._store(vm.spec.datastore or f"{vm.host.name}-local")
