/**
 * Devices of the Container Device Interface: what a vendor's program writes down about its devices in files on the
 * host, for container engines to read. https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
 *
 * Vocabulary: a **kind** is `vendor.com/class`; a device's **qualified name** `vendor.com/class=name`; **edits** are
 * what a container gets that asks for it.
 */
import type { Hook, HookName, Mount } from "../../oci/index.ts";

/** One file. */
export interface CdiSpec {
	readonly path: string;
	readonly kind: string;
	/** By name, without the kind. */
	readonly devices: ReadonlyMap<string, CdiEdits>;
	/** Made once for any of its devices. */
	readonly edits: CdiEdits;
}

export interface CdiEdits {
	/** `NAME=value`, over those of the container. */
	readonly env: readonly string[];
	readonly deviceNodes: readonly CdiDeviceNode[];
	readonly mounts: readonly Mount[];
	/** Programs of the host. */
	readonly hooks: readonly (Hook & { readonly name: HookName })[];
	readonly additionalGids: readonly number[];
}

export interface CdiDeviceNode {
	/** In the container. */
	readonly path: string;
	readonly hostPath: string;
	/** What is not said is as on the host. */
	readonly type?: "b" | "c" | "u" | "p" | undefined;
	readonly major?: number | undefined;
	readonly minor?: number | undefined;
	readonly fileMode?: number | undefined;
	readonly uid?: number | undefined;
	readonly gid?: number | undefined;
	/** Letters of `rwm`. */
	readonly access: string;
}

/** All that the folders offer at the moment. */
export interface CdiDevices {
	/** Qualified name → its file and its own edits. */
	readonly devices: ReadonlyMap<string, { readonly spec: CdiSpec; readonly edits: CdiEdits }>;
	/** Why files or devices are left out, each naming a file. */
	readonly problems: readonly string[];
}
