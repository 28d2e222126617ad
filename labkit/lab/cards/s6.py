"""Card S6: vSphere and ESXi. The way of an order, and what still works when one piece of it is dead."""

from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards.s6_questions import FREE_TEXT, WHICH_IS_CERTAIN, WHO_RESTARTS

MISCONCEPTIONS = {
    "S6.m1": "vCenter down, VMs down. – vCenter is not in the path of what VMs do: not one request is lost.",
    "S6.m2": (
        "vCenter down, no HA. – vCenter only configures it; the agents on the hosts (FDM) restart VMs by themselves."
    ),
    "S6.m3": (
        "vpxa is the hypervisor, it runs the VMs. – It is vCenter's messenger on the host; the VMkernel runs them."
    ),
    "S6.m4": "A host in vCenter can be managed only by vCenter. – Its hostd goes on serving the host client.",
    "S6.m5": "Not responding means dead. – It means that vCenter cannot reach the host's agent.",
    "S6.m6": "DRS and HA are the same. – DRS moves VMs that run, HA restarts VMs that have died.",
}

PREDICTIONS = (
    # vpxd stops at 60 s, host 2 crashes at 120 s. Its VMs at 90, 150 and 300 s?
    # a: down, down, down · b: running, down, down · c: running, down, running · d: running, running, running
    Prediction("S6.p1", correct="c", beliefs={"a": "S6.m1", "b": "S6.m2", "d": "S8.m1"}),
    # Clients ask a VM every second; vpxd is stopped for ten minutes. How many requests are lost?
    # a: all of them · b: those until the VM is restarted elsewhere · c: none
    Prediction("S6.p2", correct="c", beliefs={"a": "S6.m1", "b": "S6.m1"}),
    # vpxd is stopped; somebody powers a VM on at the host; vpxd starts again. What does vCenter show at first, later?
    # a: it cannot be powered on at the host · b: off, and vCenter switches it off again · c: off, later on
    Prediction("S6.p3", correct="c", beliefs={"a": "S6.m4"}),
    # vpxa is stopped on one host, another host crashes. What does vCenter show of the two?
    # a: 'not responding' for both · b: only the dead one is 'not responding' · c: 'not responding' and 'off'
    Prediction("S6.p4", correct="a", beliefs={"b": "S6.m5", "c": "S7.m2"}),
    # A host is cut from the network *and* from its disks. Two minutes later: on how many hosts does its VM compute?
    # a: on one: the old host is switched off first · b: on two, one of which cannot write · c: on none
    Prediction("S6.p5", correct="b", beliefs={}),
)


def state_at(people, second):
    """'running' if a request of these seconds was answered, else 'down'. `people`: the VM's labkit.failover.Clients."""
    asked = [request for request in people.requests if abs(request.at_s - second) < 2]
    return "running" if any(request.ok for request in asked) else "down"


def at(second):
    """The VM's state as its users saw it then."""
    return Look(
        lambda people: state_at(people, second),
        lambda people: f"Around {second} s the clients {WORDS[state_at(people, second)]}.",
    )


WORDS = {"running": "got answers", "down": "got none"}

OBSERVATIONS = (
    # subject: the Clients of host 2's VM
    Observation("S6.p1", {"at_90": at(90), "at_150": at(150), "at_300": at(300)}),
    # subject: Metrics of the clients
    Observation(
        "S6.p2",
        {"lost": Look(lambda seen: seen.lost, lambda seen: f"{seen.asked} requests, {seen.lost} lost: print(seen).")},
    ),
    # subject: the VCenter
    Observation(
        "S6.p3",
        {"now": Look(lambda vc: vc.vim.vms["erp"].seen, lambda vc: "In the inventory: vc.vim.inventory().")},
    ),
    # subject: the VCenter
    Observation(
        "S6.p4",
        {
            "silent": Look(
                lambda vc: sum(host.state == "unknown" for host in vc.vim.hosts.values()),
                lambda vc: "Hosts that are 'unknown since …' in vc.vim.inventory().",
            )
        },
    ),
    # subject: the VCenter
    Observation(
        "S6.p5",
        {
            "copies": Look(
                lambda vc: sum("erp" in vmm.domains and vmm.domains["erp"].active for vmm in vc.vmms.values()),
                lambda vc: "Look at vc.vmms[host].domains['erp'] on every host.",
            )
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "S6.p1",
        "In one or two sentences: who noticed that host 2 had died, and who started its VMs again?",
        "The HA agents on the hosts: the primary missed host 2's heartbeats, by network and on the datastore, "
        "and had another "
        "host's hostd power the VMs on. vCenter had only written the configuration, before.",
        (
            "FDM agents on the hosts, not vpxd",
            "missed heartbeats, a ping and the datastore heartbeat decide",
            "a restart: the VMs boot, what was in memory is lost",
        ),
    ),
    Explanation(
        "S6.p2",
        "vpxd manages every VM of this vCenter, and nobody noticed that it was gone. Why?",
        "A request goes from the client over the network to the VM, and the VMkernel gives the VM its CPU; vpxd is in "
        "neither way. It gives orders, and for ten minutes nobody ordered anything.",
        ("control path and data path are two", "what was lost is management: no order, no vMotion, no DRS"),
    ),
    Explanation(
        "S6.p3",
        "Why did vCenter's inventory show the wrong state, and what put it right?",
        "vCenter knows what hosts have told it. Nobody tells it anything while vpxd is stopped; then vpxa's "
        "report brings the "
        "state, and vCenter takes it over.",
        ("the inventory is a model that lags", "hostd tells vpxa, vpxa tells vpxd; nothing is repaired, it is learnt"),
    ),
    Explanation(
        "S6.p4",
        "Why does vCenter show the same words for a host that is well and for one that is dead?",
        "It knows a host only by what its vpxa sends. When nothing comes any more, a stopped agent, a cut cable and a "
        "burnt machine are the same silence; to tell them apart takes another witness.",
        (
            "'not responding' is about vCenter's knowledge, not about the host",
            "a ping, the datastore heartbeat, the VM's own clients are other witnesses",
        ),
    ),
    Explanation(
        "S6.p5",
        "Nobody pulled a plug. What keeps the two copies from destroying the disk?",
        "The lock on the disk's file (VMFS): its owner must renew it on the datastore; esx1 could not, so the "
        "other host took "
        "it, and only its holder writes. When esx1 sees the disk again it finds the lock lost and ends its copy.",
        (
            "a lock on the shared datastore with a heartbeat, not fencing by power",
            "the old copy computes, but cannot write",
        ),
    ),
)

CARD = cards.register(
    Card(
        id="S6",
        title="VMware vSphere and ESXi",
        notebook="03_vim_vsphere",
        misconceptions=MISCONCEPTIONS,
        predictions=PREDICTIONS,
        observations=OBSERVATIONS,
        explanations=EXPLANATIONS,
        questions=(WHICH_IS_CERTAIN, WHO_RESTARTS),
        freetexts=(FREE_TEXT,),
    )
)
