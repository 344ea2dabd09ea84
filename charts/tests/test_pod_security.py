"""The check of Pod Security Standards: each field that they restrict is looked at."""

import copy

import pytest

from charts.checks.pod_security import violations
from charts.checks.rendering import Values, objects

GOOD = next(
    it["spec"]["template"]
    for it in objects(Values("sentiment-mlflow", "defaults"))
    if it["kind"] == "Deployment"
)
CONTAINER = ("spec", "containers", 0)
CONTEXT = (*CONTAINER, "securityContext")
OF_POD = ("spec", "securityContext")
FORBIDDEN = {
    "host network": (("spec", "hostNetwork"), True),
    "host processes": (("spec", "hostPID"), True),
    "host IPC": (("spec", "hostIPC"), True),
    "host path": (("spec", "volumes"), [{"name": "data", "hostPath": {"path": "/"}},
                                        {"name": "scratch", "emptyDir": {}}]),
    "NFS": (("spec", "volumes"), [{"name": "data", "nfs": {"server": "a", "path": "/"}},
                                  {"name": "scratch", "emptyDir": {}}]),
    "sysctl": ((*OF_POD, "sysctls"), [{"name": "kernel.msgmax", "value": "1"}]),
    "Windows host process": ((*OF_POD, "windowsOptions"), {"hostProcess": True}),
    "Windows host process of a container": ((*CONTEXT, "windowsOptions"), {"hostProcess": True}),
    "SELinux type": ((*OF_POD, "seLinuxOptions"), {"type": "spc_t"}),
    "SELinux user": ((*CONTEXT, "seLinuxOptions"), {"user": "system_u"}),
    "SELinux role": ((*CONTEXT, "seLinuxOptions"), {"role": "system_r"}),
    "AppArmor": ((*CONTEXT, "appArmorProfile"), {"type": "Unconfined"}),
    "AppArmor by annotation": (("metadata", "annotations"), {
        "container.apparmor.security.beta.kubernetes.io/mlflow": "unconfined"}),
    "seccomp": ((*CONTEXT, "seccompProfile"), {"type": "Unconfined"}),
    "no seccomp": (OF_POD, {"runAsNonRoot": True}),
    "root by number": ((*CONTEXT, "runAsUser"), 0),
    "root by number, of the pod": ((*OF_POD, "runAsUser"), 0),
    "root allowed": ((*CONTEXT, "runAsNonRoot"), False),
    "root allowed, of the pod": ((*OF_POD, "runAsNonRoot"), False),
    "root not forbidden": (OF_POD, {"seccompProfile": {"type": "RuntimeDefault"}}),
    "privileged": ((*CONTEXT, "privileged"), True),
    "unmasked proc": ((*CONTEXT, "procMount"), "Unmasked"),
    "more rights": ((*CONTEXT, "allowPrivilegeEscalation"), True),
    "more rights, by default": (CONTEXT, {"capabilities": {"drop": ["ALL"]}}),
    "capabilities kept": ((*CONTEXT, "capabilities"), {"drop": ["NET_RAW"]}),
    "capabilities added": ((*CONTEXT, "capabilities"), {"drop": ["ALL"], "add": ["SYS_PTRACE"]}),
    "host port": ((*CONTAINER, "ports", 0, "hostPort"), 5000),
    "probe of another host": ((*CONTAINER, "livenessProbe", "httpGet", "host"), "10.0.0.1"),
    "hook of another host": ((*CONTAINER, "lifecycle", "preStop"), {
        "httpGet": {"host": "10.0.0.1", "port": 80}}),
    "an initial container": (("spec", "initContainers"), [{"name": "first", "image": "a:1"}]),
}  # fmt: skip
TWOFOLD = {
    "an initial container": 2,  # it allows escalation and keeps its capabilities
    "root allowed, of the pod": 2,  # and its container does not forbid it
}
ALLOWED = {
    "the one capability that may be added": ((*CONTEXT, "capabilities"), {
        "drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
    "a profile of the node": ((*CONTEXT, "seccompProfile"), {
        "type": "Localhost", "localhostProfile": "a.json"}),
    "a harmless sysctl": ((*OF_POD, "sysctls"), [{
        "name": "net.ipv4.tcp_syncookies", "value": "1"}]),
    "a container that says it itself": (OF_POD, {}),
}  # fmt: skip
SAYS_ITSELF = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def planted(path, value):
    """A copy of the good template with another value at a path."""
    template = copy.deepcopy(GOOD)
    at = template
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = copy.deepcopy(value)
    return template


def test_the_template_that_others_are_made_of_may_run():
    assert violations(GOOD) == []


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_forbidden_is_found_and_nothing_else(name):
    assert len(violations(planted(*FORBIDDEN[name]))) == TWOFOLD.get(name, 1)


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_is_not_found(name):
    template = planted(*ALLOWED[name])
    if not template["spec"]["securityContext"]:
        template["spec"]["containers"][0]["securityContext"] |= SAYS_ITSELF
    assert violations(template) == []
