"""Rules for rendered manifests: what the API server would refuse, and what only a running cluster would show.

Usage: kubernetes_rules.py RENDERED.yaml...

The schemas are those of kubernetes-validate. The rest is ours: the "restricted" Pod Security Standard and what we ask for
beyond it, names that must fit together, and settings and metrics that the programs must know.
"""

import pathlib
import re
import sys
import tomllib

import kubernetes_validate
import yaml

OLDEST, NEWEST = "1.30.0", "1.37.0"

# Kinds of operators, whose schemas are with the operators.
FOREIGN_GROUPS = ("keda.sh/", "monitoring.coreos.com/")

# Made by an operator of the cluster, as k8s/README.md says.
SECRETS_FROM_OUTSIDE = {"signup", "signup-channels"}

# Pod Security Standards, "restricted": everything else is a way to the node.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}

DEFAULTS = tomllib.loads(pathlib.Path("crates/signup-app/src/settings/default.toml").read_text(encoding="utf-8"))
SOURCES = "\n".join(path.read_text(encoding="utf-8") for folder in ("crates", "services")
                    for path in pathlib.Path(folder).glob("*/src/**/*.rs"))


def schema_faults(manifest):
    """Against the published schemas; a field that they do not know is a fault."""
    for version in (OLDEST, NEWEST):
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            if not manifest["apiVersion"].startswith(FOREIGN_GROUPS):
                yield f"Kubernetes {version} has no {manifest['kind']} in {manifest['apiVersion']}"
        except kubernetes_validate.ValidationError as error:
            yield f"Kubernetes {version}: {error.message} (at {'.'.join(map(str, error.path))})"


def pod_faults(spec):
    """The restricted profile, and what we ask for beyond it."""
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"{key} is on"
    context = spec.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "may run as root: runAsNonRoot and runAsUser must be set"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "seccompProfile is not RuntimeDefault"
    if spec.get("automountServiceAccountToken") is not False or "serviceAccountName" not in spec:
        yield "has the token of a service account, or no account of its own"
    for volume in spec.get("volumes", []):
        if not set(volume) - {"name"} <= VOLUMES:
            yield f"volume {volume['name']} is of a kind that reaches the node"
    for container in spec.get("initContainers", []) + spec["containers"]:
        for fault in container_faults(container):
            yield f"container {container['name']}: {fault}"


def container_faults(container):
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "may gain privileges"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "may write to its root file system"
    if any(key in context for key in ("runAsUser", "runAsNonRoot", "seccompProfile", "procMount")):
        yield "overrides the pod's security context"
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get("limits", {}):
        yield "needs requests for CPU and memory, and a limit for memory"
    if not re.search(r":[^/]*\d", container["image"]):
        yield f"the image {container['image']} has no version"
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "takes a port of the node"


def seconds(setting):
    """A setting that is a number of seconds: as all pods have it, or else its default."""
    section, key = setting.split(".")
    name = f"SIGNUP__{section}__{key}".upper()
    for line in pathlib.Path("k8s/base/settings.env").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}="):
            return int(line.split("=")[1].removesuffix("s"))
    return int(DEFAULTS[section][key].removesuffix("s"))


def serving_faults(workload, spec):
    """What a process that serves needs, beside its probes: time to end, and ports that its settings name."""
    container = spec["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = container.get(probe, {}).get("httpGet", {})
        if asked.get("port") not in ports or f'"{asked.get("path")}"' not in SOURCES:
            yield f"{probe} does not ask a path that the program has, on a port that the container names"
    own = tomllib.loads(pathlib.Path("services", workload.removeprefix("signup-"), "config/default.toml").read_text(encoding="utf-8"))["http"]
    if ports != {"http": own["port"], "metrics": own["metrics_port"]}:
        yield f"its ports are not those of services/{workload}/config/default.toml"
    needed = sum(seconds(f"http.{part}") for part in ("shutdown_delay", "shutdown_grace"))
    if spec.get("terminationGracePeriodSeconds", 30) <= needed:
        yield f"is killed before it has ended: that may take more than {needed} s"


def setting_faults(names):
    """A setting that a program does not know keeps it from starting."""
    for name in names:
        if not name.startswith("SIGNUP__"):
            continue
        section, _, key = name.removeprefix("SIGNUP__").lower().partition("__")
        # The keys of a channel depend on its kind; the worker names the wrong ones when it starts.
        if section != "channel" and key not in DEFAULTS.get(section, {}):
            yield f"{name} is not a setting"


def scaler_faults(scaler):
    """Queues and metrics that a scaler goes by must be those of the programs."""
    for trigger in scaler["spec"]["triggers"]:
        queue = trigger["metadata"].get("queueName")
        if queue and f'"{queue}"' not in SOURCES:
            yield f"there is no queue {queue}"
        for metric in re.findall(r"signup_\w+", trigger["metadata"].get("query", "")):
            if f'"{re.sub("_(bucket|sum|count)$", "", metric)}"' not in SOURCES:
                yield f"there is no metric {metric}"


class Rendered:
    """All manifests of one overlay."""

    def __init__(self, manifests):
        self.manifests = manifests
        self.templates = {(one["kind"], one["metadata"]["name"]): one["spec"]["template"] for one in manifests
                          if one["kind"] in ("Deployment", "StatefulSet", "Job")}

    def of(self, *kinds):
        return [one for one in self.manifests if one["kind"] in kinds]

    def selected(self, labels):
        """The workloads whose pods have all of these labels."""
        return [name for name, template in self.templates.items()
                if labels.items() <= template["metadata"]["labels"].items()]

    def faults(self):
        for manifest in self.manifests:
            name = f"{manifest['kind']} {manifest['metadata']['name']}"
            for fault in [*schema_faults(manifest), *self.manifest_faults(manifest)]:
                yield f"{name}: {fault}"
        for (kind, name), template in self.templates.items():
            for fault in self.workload_faults(kind, name, template):
                yield f"{kind} {name}: {fault}"

    def manifest_faults(self, manifest):
        kind, spec = manifest["kind"], manifest.get("spec", {})
        if kind == "Namespace":
            if manifest["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
                yield "does not enforce the restricted profile"
        elif manifest["metadata"].get("namespace") != "signup":
            yield "is in another namespace than the rest"
        if kind == "ConfigMap":
            yield from setting_faults(manifest["data"])
        if kind == "Service":
            selected = self.selected(spec["selector"])
            named = {port["name"] for one in selected for container in self.templates[one]["spec"]["containers"]
                     for port in container.get("ports", [])}
            if len(selected) != 1 or not all(port.get("targetPort", port["name"]) in named for port in spec["ports"]):
                yield "does not lead to ports of one workload"
        if kind == "Ingress":
            services = {one["metadata"]["name"] for one in self.of("Service")}
            for rule in spec["rules"]:
                for path in rule["http"]["paths"]:
                    if path["backend"]["service"]["name"] not in services:
                        yield f"{rule['host']} leads nowhere"
        if kind == "PodDisruptionBudget" and not spec.get("maxUnavailable"):
            yield "a single pod could never be evicted"
        if kind == "NetworkPolicy" and spec["podSelector"].get("matchLabels"):
            labels = spec["podSelector"]["matchLabels"]
            if not self.selected(labels) and "signup/client" not in labels:
                yield "selects nothing"
        if kind == "ScaledObject":
            yield from scaler_faults(manifest)

    def workload_faults(self, kind, name, template):
        spec, labels = template["spec"], template["metadata"]["labels"]
        yield from pod_faults(spec)
        is_ours = labels.get("app.kubernetes.io/part-of") == "signup"
        guards = [one for one in self.of("NetworkPolicy")
                  if one["spec"]["podSelector"].get("matchLabels") == {"app.kubernetes.io/name": labels["app.kubernetes.io/name"]}
                  and one["spec"]["policyTypes"] == ["Ingress", "Egress"]]
        if len(guards) != 1:
            yield "has not one network policy of its own, for both ways"
        if is_ours and not self.may_ask_for_names(labels):
            yield "no network policy lets it ask for names"
        if spec["serviceAccountName"] not in {one["metadata"]["name"] for one in self.of("ServiceAccount")}:
            yield f"there is no service account {spec['serviceAccountName']}"
        made = {one["metadata"]["name"] for one in self.of("ConfigMap", "Secret")} | SECRETS_FROM_OUTSIDE
        for wanted in sorted(set(references(spec)) - made):
            yield f"there is no Secret or ConfigMap {wanted}"
        for container in spec.get("initContainers", []) + spec["containers"]:
            yield from setting_faults(variable["name"] for variable in container.get("env", []))
        if kind == "Deployment" and is_ours:
            yield from serving_faults(name, spec)
            yield from self.scale_faults(name, labels)

    def may_ask_for_names(self, labels):
        opened = {(port.get("protocol", "TCP"), port["port"]) for one in self.of("NetworkPolicy")
                  if one["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()
                  for rule in one["spec"].get("egress", []) for port in rule.get("ports", [])}
        return {("UDP", 53), ("TCP", 53)} <= opened

    def scale_faults(self, name, labels):
        budgets = [one for one in self.of("PodDisruptionBudget")
                   if one["spec"]["selector"]["matchLabels"].items() <= labels.items()]
        if len(budgets) != 1:
            yield "has not one disruption budget"
        scalers = [one for one in self.of("HorizontalPodAutoscaler", "ScaledObject")
                   if one["spec"]["scaleTargetRef"]["name"] == name]
        deployment = next(one for one in self.of("Deployment") if one["metadata"]["name"] == name)
        if len(scalers) > 1 or (scalers and "replicas" in deployment["spec"]):
            yield "its replicas are set in two places"


def references(node):
    """The names of all Secrets and ConfigMaps that something refers to."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("secretKeyRef", "configMapKeyRef", "secretRef", "configMapRef"):
                yield value["name"]
            elif key == "secret":
                yield value["secretName"]
            elif key == "configMap":
                yield value["name"]
            else:
                yield from references(value)


def main(paths):
    faults = 0
    for path in map(pathlib.Path, paths):
        manifests = [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]
        found = list(Rendered(manifests).faults())
        for fault in found:
            print(f"{path.stem}: {fault}", file=sys.stderr)
        print(f"check-kubernetes: {path.stem}: {len(manifests)} manifests, {len(found)} faults")
        faults += len(found)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
