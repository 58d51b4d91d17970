import { EngineError } from "../../lib/index.ts";
import type { Mount } from "../../oci/index.ts";
import { initDestination } from "../spec/mounts.ts";

/** A mount as hull-guest makes it. */
export interface GuestMount {
	readonly target: string;
	readonly type: string;
	/** `shared`: name of the folder or file below the shared folder; `file`: path on the host. */
	readonly source: string | undefined;
	readonly options: readonly string[];
}

/** A folder or file of the host that the machine sees below its shared folder. */
export interface SharedSource {
	readonly source: string;
	/** Below the shared folder. */
	readonly name: string;
	readonly readOnly: boolean;
	readonly recursive: boolean;
}

export interface GuestMounts {
	readonly guest: readonly GuestMount[];
	readonly shared: readonly SharedSource[];
	/** The spec asks for an init to be bound from the host. */
	readonly init: boolean;
}

const ownTypes = new Set(["proc", "sysfs", "tmpfs", "devpts", "mqueue"]);
const propagations = /^r?(private|slave|shared|unbindable)$/;

/**
 * The mounts of a runtime spec as a machine makes them: what the kernel provides is mounted inside, what is bound
 * from the host is shared. The engine's own small files, below `ownFolder`, are sent as they are when the container
 * starts: a machine that shares nothing needs no file server, and can be frozen and copied. Errors: `invalid_argument`
 * for what is none of these.
 */
export function guestMounts(mounts: readonly Mount[], ownFolder?: string): GuestMounts {
	const guest: GuestMount[] = [];
	const shared: SharedSource[] = [];
	let init = false;
	for (const mount of mounts) {
		const { destination: target, type = "", source, options = [] } = mount;
		if (type === "bind" && target === initDestination) {
			init = true;
		} else if (type === "bind" && ownFolder !== undefined && source?.startsWith(`${ownFolder}/`)) {
			guest.push({ target, type: "file", source, options: bindOptions(options) });
		} else if (type === "bind") {
			const entry = sharedSource(mount, shared.length);
			shared.push(entry);
			guest.push({ target, type: "shared", source: entry.name, options: bindOptions(options) });
		} else if (type === "cgroup") {
			guest.push({ target, type: "cgroup2", source: undefined, options: [...options] });
		} else if (ownTypes.has(type)) {
			guest.push({
				target,
				type,
				source,
				options: options.filter((option) => !propagations.test(option)),
			});
		} else {
			throw new EngineError(
				"invalid_argument",
				`isolation vm does not support a mount of type ${type} on ${target}`,
			);
		}
	}
	return { guest, shared, init };
}

function sharedSource({ source = "", destination, options = [] }: Mount, index: number): SharedSource {
	const slave = options.find((option) => /^r?(slave|shared)$/.test(option));
	if (slave !== undefined)
		throw new EngineError(
			"invalid_argument",
			`isolation vm does not support bind propagation ${slave} of ${destination}`,
		);
	return {
		source,
		name: String(index),
		readOnly: options.some((option) => option === "ro" || option === "rro"),
		recursive: options.includes("rbind"),
	};
}

/** What is mounted below a shared folder outside is seen through it; inside there is one mount. */
function bindOptions(options: readonly string[]): string[] {
	return options.some((option) => option === "ro" || option === "rro") ? ["bind", "ro"] : ["bind"];
}
