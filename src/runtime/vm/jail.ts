import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskSpec } from "../contract.ts";
import type { GuestField } from "./guest-fields.ts";
import type { SharedSource } from "./guest-mounts.ts";
import { type LayersDisk, layerFile } from "./layers-disk.ts";
import { jailPaths } from "./qemu-arguments.ts";

/** One mount in the jail that QEMU runs in. */
export interface JailMount {
	readonly type: "bind" | "tmpfs";
	readonly source: string;
	readonly target: string;
	readonly options: readonly string[];
}

export interface JailParts {
	readonly vmDir: string;
	readonly disk: LayersDisk;
	readonly shared: readonly SharedSource[];
	/** Folder of the template or saved machine that the machine is restored from. */
	readonly template: string | undefined;
}

const programs = ["/usr", "/lib", "/lib64"];
const readOnly = ["bind", "ro", "nosuid", "nodev"];

/** Everything of the host that QEMU sees: its program, its disks, and what is shared with the machine. */
export function jailMounts(spec: TaskSpec, parts: JailParts): JailMount[] {
	return [
		...programMounts(parts.vmDir),
		...(parts.template === undefined
			? []
			: [
					memoryMount(parts.template, ["ro"]),
					bind(join(parts.vmDir, "shared-memory.so"), jailPaths.sharedMemory),
				]),
		migrationMount(spec.runDir),
		...diskMounts(spec),
		...parts.shared.map(({ source, name, readOnly: isReadOnly, recursive }) =>
			bind(source, `${jailPaths.shared}/${name}`, [
				recursive ? "rbind" : "bind",
				...(isReadOnly ? ["ro"] : []),
				"nosuid",
				"nodev",
			]),
		),
	];
}

/** The container's own disks. */
export function diskMounts(spec: TaskSpec): JailMount[] {
	const { root } = spec.machine!;
	return [
		bind(descriptorPath(spec), jailPaths.layers),
		...root.layers.map(({ path }, index) => bind(path, `/disks/${layerFile(index)}`)),
		...(root.upper === undefined
			? []
			: [bind(root.upper.path, jailPaths.upper, ["bind", "nosuid", "nodev"])]),
	];
}

/** QEMU's program with its libraries, the machine's kernel, and a place to share from. */
export function programMounts(vmDir: string): JailMount[] {
	return [
		...programs.filter((path) => existsSync(path)).map((path) => bind(path, path)),
		bind(join(vmDir, "vmlinux"), jailPaths.kernel),
		bind(join(vmDir, "initramfs.img"), jailPaths.initramfs),
		{
			type: "tmpfs",
			source: "tmpfs",
			target: jailPaths.shared,
			options: ["nosuid", "nodev", "mode=755", "size=64k"],
		},
	];
}

function bind(source: string, target: string, options = readOnly): JailMount {
	return { type: "bind", source, target, options };
}

/** Where QEMU finds the socket of `receiveState`, or makes that of `sendState`. */
export function migrationMount(runDir: string): JailMount {
	return bind(join(runDir, "migrate"), "/migrate", ["bind", "nosuid", "nodev", "noexec"]);
}

/** The file `memory` of a template or saved machine; whoever makes it writes it, those restored from it never. */
export function memoryMount(folder: string, options: readonly string[] = []): JailMount {
	return bind(join(folder, "memory"), jailPaths.templateMemory, [
		...["bind", ...options],
		...["nosuid", "nodev", "noexec"],
	]);
}

export function jailFields(mounts: readonly JailMount[]): GuestField[] {
	return mounts.flatMap(({ type, source, target, options }): GuestField[] => [
		["mount-type", type],
		["mount-source", source],
		["mount-target", target],
		...options.map((option): GuestField => ["mount-option", option]),
	]);
}

function descriptorPath({ runDir }: TaskSpec): string {
	return join(runDir, "layers.vmdk");
}

/** Writes the disk's descriptor, and gives QEMU's user the file that it writes. */
export function provideFiles(spec: TaskSpec, parts: JailParts, uid: number): void {
	mkdirSync(spec.runDir, { recursive: true, mode: 0o700 });
	const descriptor = descriptorPath(spec);
	writeFileSync(descriptor, parts.disk.descriptor);
	chmodSync(descriptor, 0o444);
	const { upper } = spec.machine!.root;
	if (upper !== undefined) {
		chownSync(upper.path, uid, uid);
		chmodSync(upper.path, 0o600);
	}
}
