import type { Linux } from "../../oci/index.ts";
import type { NamespaceChoice, SpecInput } from "./input.ts";

type Namespaces = Linux["namespaces"];

/** Namespaces that the container is put in; the host's are those that are missing from the list. */
export function containerNamespaces(input: SpecInput): Namespaces {
	const { network, pid, ipc, uts } = input.namespaces;
	const namespaces: Namespaces = [{ type: "mount" }];
	// The driver fills in where its sandbox's network namespace is.
	if (network !== "host") namespaces.push({ type: "network" });
	addNamespace(namespaces, "uts", uts);
	addNamespace(namespaces, "pid", pid);
	addNamespace(namespaces, "ipc", ipc.kind === "none" ? { kind: "own" } : ipc);
	if (hasOwnCgroupNamespace(input)) namespaces.push({ type: "cgroup" });
	return namespaces;
}

/** Docker's rule: a cgroup namespace of its own with cgroup v2, the host's with v1, unless asked for. */
export function hasOwnCgroupNamespace(input: SpecInput): boolean {
	const choice = input.namespaces.cgroup ?? (input.host.cgroupVersion === 2 ? "own" : "host");
	return choice === "own";
}

function addNamespace(namespaces: Namespaces, type: "uts" | "pid" | "ipc", choice: NamespaceChoice): void {
	switch (choice.kind) {
		case "own":
			namespaces.push({ type });
			return;
		case "container":
			namespaces.push({ type, path: `/proc/${choice.pid}/ns/${type}` });
			return;
		case "host":
			return;
		default:
			choice satisfies never;
	}
}
