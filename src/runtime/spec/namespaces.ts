import type { Linux } from "../../oci/index.ts";
import type { IdRange } from "../../sys/index.ts";
import type { NamespaceChoice, SpecInput } from "./input.ts";

type Namespaces = Linux["namespaces"];

/** Namespaces that the container is put in; the host's are those that are missing from the list. */
export function containerNamespaces(input: SpecInput): Namespaces {
	const { network, pid, ipc, uts, user } = input.namespaces;
	const namespaces: Namespaces = [{ type: "mount" }];
	if (user !== undefined) namespaces.push({ type: "user", path: user.path });
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

/** The runtime is told who is who, though the namespace knows: it looks root up before it is inside. */
export function idMappings({ namespaces: { user } }: SpecInput): Pick<Linux, "uidMappings" | "gidMappings"> {
	if (user === undefined) return {};
	const mappings = (ranges: readonly IdRange[]) =>
		ranges.map(({ inside, outside, size }) => ({ containerID: inside, hostID: outside, size }));
	return { uidMappings: mappings(user.ids.uids), gidMappings: mappings(user.ids.gids) };
}
