import { posix } from "node:path";
import type { Mount } from "../../oci/index.ts";
import type { SpecInput, SpecMount } from "./input.ts";
import type { SecurityOptions } from "./security-options.ts";
import { mergeTmpfsOptions } from "./tmpfs-options.ts";

const defaultShmSize = 64 * 2 ** 20;
export const initDestination = "/sbin/docker-init";

/**
 * All mounts of a container in the order in which they are made: Docker's defaults without those that the user
 * replaces, the init, then the user's and the engine's own, shallow before deep.
 */
export function containerMounts(input: SpecInput, security: SecurityOptions): Mount[] {
	const requested = withEngineFiles(input);
	const destinations = new Set(requested.map((mount) => mount.destination));
	const defaults = defaultMounts(input, security).filter(({ destination }) => {
		if (destinations.has(destination)) return false;
		return !(destinations.has("/dev") && destination.startsWith("/dev/"));
	});
	const own = requested.toSorted((a, b) => depth(a.destination) - depth(b.destination)).map(mountOf);
	return [...defaults, ...initMount(input), ...own];
}

/** How changes of mounts travel in and out of the container's root; `undefined` is the runtime's default. */
export function rootfsPropagation(mounts: readonly SpecMount[]): string | undefined {
	const propagations = mounts.map((mount) => (mount.kind === "bind" ? mount.propagation : ""));
	// Not recursively: that would make what is shared for one container alone shared for none.
	if (propagations.some((propagation) => propagation.endsWith("shared"))) return "shared";
	return propagations.some((propagation) => propagation.endsWith("slave")) ? "rslave" : undefined;
}

/** Docker's default mounts, with those privileges that change them already applied. */
function defaultMounts(input: SpecInput, security: SecurityOptions): Mount[] {
	const sysReadOnly = input.privileged !== true;
	const cgroupReadOnly = !(security.writableCgroups ?? input.privileged ?? false);
	const mounts: Mount[] = [
		{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
		{
			destination: "/dev",
			type: "tmpfs",
			source: "tmpfs",
			options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
		},
		{
			destination: "/dev/pts",
			type: "devpts",
			source: "devpts",
			options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
		},
		{
			destination: "/sys",
			type: "sysfs",
			source: "sysfs",
			options: ["nosuid", "noexec", "nodev", ...(sysReadOnly ? ["ro"] : [])],
		},
		{
			destination: "/sys/fs/cgroup",
			type: "cgroup",
			source: "cgroup",
			options: [...(cgroupReadOnly ? ["ro"] : []), "nosuid", "noexec", "nodev"],
		},
		{
			destination: "/dev/mqueue",
			type: "mqueue",
			source: "mqueue",
			options: ["nosuid", "noexec", "nodev"],
		},
	];
	return [...mounts, ...shmMount(input)];
}

function shmMount(input: SpecInput): Mount[] {
	const { ipc } = input.namespaces;
	switch (ipc.kind) {
		case "none":
			return [];
		case "own": {
			const size = input.shmSize || defaultShmSize;
			const options = ["nosuid", "noexec", "nodev", "mode=1777", `size=${size}`];
			return [{ destination: "/dev/shm", type: "tmpfs", source: "shm", options }];
		}
		case "host":
			return [bindMount("/dev/shm", "/dev/shm")];
		case "container":
			// crun gives a bind the flags that it is told, not those of its source.
			return [bindMount(ipc.shmPath, "/dev/shm", ["nosuid", "noexec", "nodev"])];
		default:
			return ipc satisfies never;
	}
}

/** Docker adds the init only to a process namespace of its own: others have an init already. */
export function usesInit(input: SpecInput): boolean {
	return input.initPath !== undefined && input.namespaces.pid.kind === "own";
}

function initMount(input: SpecInput): Mount[] {
	if (!usesInit(input)) return [];
	return [{ destination: initDestination, type: "bind", source: input.initPath!, options: ["bind", "ro"] }];
}

function withEngineFiles(input: SpecInput): SpecMount[] {
	const files = [
		["/etc/resolv.conf", input.files.resolvConf],
		["/etc/hostname", input.files.hostname],
		["/etc/hosts", input.files.hosts],
	] as const;
	const taken = new Set(input.mounts.map((mount) => mount.destination));
	const added = files.flatMap(([destination, source]): SpecMount[] => {
		if (source === undefined || taken.has(destination)) return [];
		const readOnly = input.readonlyRootfs ?? false;
		// Plain `ro`, as Docker does for its own files: there is nothing below a file.
		return [
			{ kind: "bind", source, destination, readOnly, propagation: "rprivate", readOnlyRecursion: "writable" },
		];
	});
	return [...input.mounts, ...added];
}

function mountOf(mount: SpecMount): Mount {
	switch (mount.kind) {
		case "bind":
			return {
				destination: mount.destination,
				type: "bind",
				source: mount.source,
				options: bindOptions(mount),
			};
		case "tmpfs":
			return {
				destination: mount.destination,
				type: "tmpfs",
				source: "tmpfs",
				options: mergeTmpfsOptions(["noexec", "nosuid", "nodev", "rprivate", ...mount.options]),
			};
		default:
			return mount satisfies never;
	}
}

function bindOptions(mount: SpecMount & { kind: "bind" }): string[] {
	const { propagation } = mount;
	const options = [mount.recursive === false ? "bind" : "rbind"];
	// `rro` is the recursive form (Linux 5.12); it needs no mount below the source that refuses it.
	if (mount.readOnly) options.push(mount.readOnlyRecursion === "writable" ? "ro" : "rro");
	// crun takes the `r` of any option for the bind itself; of one mount alone both forms say the same.
	if (propagation !== "")
		options.push(mount.recursive === false ? propagation.replace(/^r/, "") : propagation);
	return options;
}

function bindMount(source: string, destination: string, flags: readonly string[] = []): Mount {
	return { destination, type: "bind", source, options: ["rbind", "rprivate", ...flags] };
}

function depth(path: string): number {
	return posix.normalize(path).split("/").length;
}
