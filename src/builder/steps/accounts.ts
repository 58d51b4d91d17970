import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { Archive } from "../../archive/index.ts";
import type { Digest } from "../../oci/index.ts";
import type { UserFiles } from "../../runtime/index.ts";
import type { SnapshotDriver } from "../../store/index.ts";

const maxFileBytes = 4 * 1024 * 1024;
const maxKept = 256;

/** `/etc/passwd` and `/etc/group` of layers, read once for as long as no layer on top changes them. */
export class Accounts {
	readonly #archive: Archive;
	readonly #snapshots: SnapshotDriver;
	readonly #known = new Map<Digest, Promise<UserFiles>>();

	constructor(archive: Archive, snapshots: SnapshotDriver) {
		this.#archive = archive;
		this.#snapshots = snapshots;
	}

	/** By a confined worker: links in the tree lead nowhere outside. */
	of(chainId: Digest | undefined): Promise<UserFiles> {
		if (chainId === undefined) return Promise.resolve({ passwd: "", group: "" });
		const known = this.#known.get(chainId) ?? this.#read(chainId);
		this.#keep(chainId, known);
		return known;
	}

	/** A layer came to stand on another: what its changes do not touch is as before. */
	inherit(from: Digest | undefined, to: Digest, changesDirectory: string | undefined): void {
		const known = from === undefined ? undefined : this.#known.get(from);
		if (known === undefined || changesDirectory === undefined || hasAccounts(changesDirectory)) return;
		this.#keep(to, known);
	}

	#keep(chainId: Digest, files: Promise<UserFiles>): void {
		this.#known.delete(chainId);
		this.#known.set(chainId, files);
		files.catch(() => this.#known.delete(chainId));
		if (this.#known.size > maxKept) this.#known.delete(this.#known.keys().next().value!);
	}

	async #read(chainId: Digest): Promise<UserFiles> {
		const root = { kind: "mounts", mounts: this.#snapshots.layerMounts(chainId) } as const;
		const text = async (path: string) => {
			const bytes = await this.#archive.readFile(root, path, maxFileBytes);
			return bytes === undefined ? "" : Buffer.from(bytes).toString();
		};
		const [passwd, group] = await Promise.all([text("/etc/passwd"), text("/etc/group")]);
		return { passwd, group };
	}
}

/** True when the changes have anything that could change the two files: a link may lead to them from elsewhere. */
function hasAccounts(changes: string): boolean {
	const etc = lstatSync(join(changes, "etc"), { throwIfNoEntry: false });
	if (etc === undefined) return false;
	if (!etc.isDirectory()) return true;
	return ["passwd", "group"].some(
		(name) => lstatSync(join(changes, "etc", name), { throwIfNoEntry: false }) !== undefined,
	);
}
