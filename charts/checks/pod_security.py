"""The level `restricted` of Kubernetes' Pod Security Standards, field by field.

https://kubernetes.io/docs/concepts/security/pod-security-standards, as of Kubernetes 1.37. What is
said there of Windows alone is here, too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
    "projected", "secret",
}  # fmt: skip
SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}  # fmt: skip
SELINUX_TYPES = {
    "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t",
}  # fmt: skip
PROFILES = {"RuntimeDefault", "Localhost"}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def violations(template: Mapping[str, Any]) -> list[str]:
    """Returns what of a pod, or of the template of one, is not allowed; empty if it may run."""
    spec = template["spec"]
    return [
        *_annotations(template.get("metadata", {})),
        *_pod(spec),
        *_context("securityContext", spec.get("securityContext", {})),
        *(line for path, it in _containers(spec) for line in _container(path, it, spec)),
    ]


def _containers(spec: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind in CONTAINERS:
        for container in spec.get(kind, ()):
            yield f"{kind}.{container['name']}", container


def _annotations(metadata: Mapping[str, Any]) -> Iterator[str]:
    for name, value in (metadata.get("annotations") or {}).items():
        allowed = value in ("", "runtime/default") or value.startswith("localhost/")
        if name.startswith(APPARMOR) and not allowed:
            yield f"annotation {name}: {value}"


def _pod(spec: Mapping[str, Any]) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"{field} is true"
    if spec.get("securityContext", {}).get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"
    for volume in spec.get("volumes", ()):
        if kinds := set(volume) - {"name"} - VOLUMES:
            yield f"volume {volume['name']} is a {', '.join(sorted(kinds))}"
    for sysctl in spec.get("securityContext", {}).get("sysctls", ()):
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']}"


def _context(path: str, context: Mapping[str, Any]) -> Iterator[str]:
    """Yields what neither a pod nor a container may say."""
    if context.get("windowsOptions", {}).get("hostProcess"):
        yield f"{path}: hostProcess is true"
    options = context.get("seLinuxOptions", {})
    if options.get("type", "") not in SELINUX_TYPES or options.get("user") or options.get("role"):
        yield f"{path}: seLinuxOptions {options}"
    if context.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in PROFILES:
        yield f"{path}: appArmorProfile {context['appArmorProfile']}"
    if context.get("seccompProfile", {}).get("type", "RuntimeDefault") not in PROFILES:
        yield f"{path}: seccompProfile {context['seccompProfile']}"
    if context.get("runAsUser") == 0:
        yield f"{path}: runAsUser is 0"


def _container(path: str, container: Mapping[str, Any], spec: Mapping[str, Any]) -> Iterator[str]:
    context, of_pod = container.get("securityContext", {}), spec.get("securityContext", {})
    yield from _context(path, context)
    if context.get("privileged"):
        yield f"{path}: privileged"
    if context.get("procMount", "Default") != "Default":
        yield f"{path}: procMount {context['procMount']}"
    if context.get("allowPrivilegeEscalation") is not False:
        yield f"{path}: allowPrivilegeEscalation is not false"
    capabilities = context.get("capabilities", {})
    if "ALL" not in capabilities.get("drop", ()):
        yield f"{path}: does not drop ALL capabilities"
    if added := set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield f"{path}: adds {', '.join(sorted(added))}"
    if not context.get("runAsNonRoot", of_pod.get("runAsNonRoot")):
        yield f"{path}: runAsNonRoot is not true"
    if not (context.get("seccompProfile") or of_pod.get("seccompProfile")):
        yield f"{path}: no seccompProfile"
    for port in container.get("ports", ()):
        if port.get("hostPort"):
            yield f"{path}: hostPort {port['hostPort']}"
    yield from _hosts(path, container)


def _hosts(path: str, container: Mapping[str, Any]) -> Iterator[str]:
    """Yields probes and hooks that name a host: the kubelet would ask it from the node."""
    handlers = {name: container.get(name, {}) for name in PROBES}
    handlers |= dict(container.get("lifecycle", {}))
    for name, handler in handlers.items():
        for action in ("httpGet", "tcpSocket"):
            if host := handler.get(action, {}).get("host"):
                yield f"{path}: {name} asks {host}"
