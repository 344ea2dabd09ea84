"""Whether rendered objects fit together: names, labels, selectors, ports, volumes, secrets."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Object = Mapping[str, Any]
CLUSTER_SCOPED = {"ClusterRole", "ClusterRoleBinding", "Namespace"}
LABELS = {"app.kubernetes.io/name", "app.kubernetes.io/instance"}
MORE_LABELS = {"app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart"}
SECRET = re.compile(r"KEY|TOKEN|PASSWORD|SECRET|CREDENTIAL|SALT")
PATH = re.compile(r"/|true|false")
LEAST_RESOURCES = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))


def complaints(found: Sequence[Object], given: set[str], namespaces: set[str]) -> list[str]:
    """Returns what does not fit together.

    Args:
        found: All objects of a release.
        given: Texts in its values: an object may name what somebody else makes.
        namespaces: Where its objects may be.
    """
    lines = [*_names(found, namespaces), *_selectors(found), *_references(found, given)]
    for it in found:
        for where, template in pods(it):
            lines += [f"{where}: {line}" for line in _pod(it, template)]
    return lines


def pods(it: Object) -> Iterator[tuple[str, Object]]:
    """Yields the pod, or the template of pods, that an object has, and what to call it."""
    name = f"{it['kind']} {it['metadata']['name']}"
    if it["kind"] == "Pod":
        yield name, it
    elif it["kind"] == "CronJob":
        yield name, it["spec"]["jobTemplate"]["spec"]["template"]
    elif "template" in it.get("spec", {}):
        yield name, it["spec"]["template"]


def is_hook(it: Object) -> bool:
    """Whether helm makes an object for a moment alone."""
    return "helm.sh/hook" in it["metadata"].get("annotations", {})


def _labels(it: Object) -> Mapping[str, str]:
    found: Mapping[str, str] = it.get("metadata", {}).get("labels", {})
    return found


def _names(found: Sequence[Object], namespaces: set[str]) -> Iterator[str]:
    keys = [(it["kind"], it["metadata"].get("namespace"), it["metadata"]["name"]) for it in found]
    for key, times in Counter(keys).items():
        if times > 1:
            yield f"{key[0]} {key[2]} is there {times} times"
    for it, (kind, namespace, name) in zip(found, keys, strict=True):
        if kind not in CLUSTER_SCOPED and namespace not in namespaces:
            yield f"{kind} {name} is in namespace {namespace}"
        if kind == "Secret":
            yield f"Secret {name} is made from values, which are kept in the release"
        wanted = LABELS if is_hook(it) else LABELS | MORE_LABELS
        if missing := wanted - _labels(it).keys():
            yield f"{kind} {name} lacks the labels {', '.join(sorted(missing))}"


def _selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()


def _selectors(found: Sequence[Object]) -> Iterator[str]:
    """Yields what selects nothing, or the pod of a test, or pods without a port it names."""
    templates = [(it, template) for it in found for _, template in pods(it)]
    for it in found:
        what = f"{it['kind']} {it['metadata']['name']}"
        selector, ports = _selector(it)
        if selector is None:
            continue
        chosen = [
            (of, template) for of, template in templates if _selects(selector, _labels(template))
        ]
        if not any(not is_hook(of) for of, _ in chosen):
            yield f"{what} selects no pod"
        if any(is_hook(of) for of, _ in chosen):
            yield f"{what} selects the pod of a test"
        for _, template in chosen:
            known = {port for it in template["spec"]["containers"] for port in _ports(it)}
            if unknown := set(ports) - known:
                yield f"{what} names the port {unknown.pop()}, which its pods do not have"


def _selector(it: Object) -> tuple[Mapping[str, str] | None, list[Any]]:
    """Returns the labels of the pods that an object selects, and the ports it names."""
    spec = it.get("spec", {})
    if it["kind"] == "Service":
        return spec["selector"], [port["targetPort"] for port in spec["ports"]]
    if it["kind"] == "NetworkPolicy":
        ports = [port["port"] for rule in spec["ingress"] for port in rule.get("ports", ())]
        return spec["podSelector"]["matchLabels"], ports
    if it["kind"] in ("Deployment", "PodDisruptionBudget"):
        return spec["selector"]["matchLabels"], []
    return None, []


def _ports(container: Object) -> Iterator[Any]:
    for port in container.get("ports", ()):
        yield from (port["name"], port["containerPort"])


def _references(found: Sequence[Object], given: set[str]) -> Iterator[str]:
    """Yields what names an object that is neither rendered nor named in the values."""
    known = {(it["kind"], it["metadata"]["name"]) for it in found}
    for it in found:
        what = f"{it['kind']} {it['metadata']['name']}"
        for kind, name in _named(it):
            if (kind, name) not in known and name not in given:
                yield f"{what} names the {kind} {name}, which nobody makes"
        if it["kind"] == "ServiceMonitor" and "namespaceSelector" not in it["spec"]:
            wanted = it["spec"]["selector"]["matchLabels"]
            if not any(_selects(wanted, _labels(one)) for one in found if one["kind"] == "Service"):
                yield f"{what} selects no Service"


def _named(it: Object) -> Iterator[tuple[str, str]]:
    spec = it.get("spec", {})
    if it["kind"] == "HorizontalPodAutoscaler":
        yield spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"]
    if it["kind"] == "Ingress":
        for rule in spec["rules"]:
            for path in rule["http"]["paths"]:
                yield "Service", path["backend"]["service"]["name"]
        yield from (("Secret", entry["secretName"]) for entry in spec.get("tls", ()))
    if it["kind"] == "RoleBinding":
        yield it["roleRef"]["kind"], it["roleRef"]["name"]
        yield from ((subject["kind"], subject["name"]) for subject in it["subjects"])
    for _, template in pods(it):
        yield from _named_by_pod(template["spec"])


def _named_by_pod(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if spec.get("serviceAccountName", "default") != "default":
        yield "ServiceAccount", spec["serviceAccountName"]
    for volume in spec.get("volumes", ()):
        if claim := volume.get("persistentVolumeClaim"):
            yield "PersistentVolumeClaim", claim["claimName"]
        if secret := volume.get("secret"):
            yield "Secret", secret["secretName"]
        if config := volume.get("configMap"):
            yield "ConfigMap", config["name"]
    for container in spec["containers"]:
        for variable in container.get("env", ()):
            if secret := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield "Secret", secret["name"]
        for source in container.get("envFrom", ()):
            yield "Secret", source["secretRef"]["name"]


def _pod(it: Object, template: Object) -> Iterator[str]:
    spec = template["spec"]
    volumes = {volume["name"] for volume in spec.get("volumes", ())}
    mounted = {mount["name"] for one in spec["containers"] for mount in one.get("volumeMounts", ())}
    if volumes != mounted:
        yield f"volumes and mounts differ: {', '.join(sorted(volumes ^ mounted))}"
    if spec.get("enableServiceLinks") is not False:
        yield "takes variables from every Service of its namespace"
    if "automountServiceAccountToken" not in spec:
        yield "does not say whether it gets a token of the cluster"
    for container in spec["containers"]:
        yield from _container(container)
        if it["kind"] == "Deployment":
            yield from _served(spec, container)


def _container(container: Object) -> Iterator[str]:
    tag = container["image"].rpartition("/")[2]
    if ":" not in tag or tag.endswith(":latest"):
        yield f"the image {container['image']} has no version"
    for part, of in LEAST_RESOURCES:
        if of not in container.get("resources", {}).get(part, {}):
            yield f"no resources.{part}.{of}"
    if container.get("securityContext", {}).get("readOnlyRootFilesystem") is not True:
        yield "its root can be written to"
    names = Counter(variable["name"] for variable in container.get("env", ()))
    yield from (f"the variable {name} is there twice" for name, times in names.items() if times > 1)
    for variable in container.get("env", ()):
        literal = variable.get("value", "")
        if SECRET.search(variable["name"]) and literal and not PATH.match(literal):
            yield f"the variable {variable['name']} holds a secret as text"
    paths = Counter(mount["mountPath"] for mount in container.get("volumeMounts", ()))
    yield from (f"{path} is mounted twice" for path, times in paths.items() if times > 1)


def _served(spec: Mapping[str, Any], container: Object) -> Iterator[str]:
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        action = container.get(probe, {}).get("httpGet")
        if action is None:
            yield f"no {probe}"
        elif action["port"] not in set(_ports(container)):
            yield f"{probe} asks the port {action['port']}, which there is not"
    pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    if not 0 < pause < spec.get("terminationGracePeriodSeconds", 30):
        yield "stops before the nodes have heard of it"
