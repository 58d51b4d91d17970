import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import type { SecretRecord } from "../../secrets/index.ts";
import type { IdRanges } from "../../sys/index.ts";
import type { Container } from "../container.ts";
import type { Context } from "../context.ts";
import type { HostMount } from "../lifecycle/prepare-mounts.ts";
import { outsideOf } from "../user-namespace/ids.ts";
import { type PlannedSecret, plannedSecrets } from "./plan.ts";

/** What a run gets of its secrets. */
export interface ProvidedSecrets {
	readonly mounts: readonly HostMount[];
	/** `NAME=value`. */
	readonly env: readonly string[];
	/** Set when the environment has values: what is written down of the run goes there, into memory. */
	readonly memoryDir: string | undefined;
}

const nothing: ProvidedSecrets = { mounts: [], env: [], memoryDir: undefined };

/** Puts a container's secrets, as they are now, into memory for a run; {@link Context.delivery} takes them back. */
export function provideSecrets(context: Context, { id, record }: Container, ids?: IdRanges): ProvidedSecrets {
	const secrets = plannedSecrets(record.hostConfig);
	if (secrets.length === 0) return nothing;
	const values = secrets.map((secret) => context.vault.open(secret.id));
	try {
		const files = secrets.flatMap((secret, index) =>
			secret.target === undefined
				? []
				: [{ ...secret, ...ownerOf(secret, ids), name: String(index), value: values[index]! }],
		);
		const folder = context.delivery.provide(id, files);
		const env = secrets.flatMap((secret, index) =>
			secret.env === undefined ? [] : [`${secret.env}=${textOf(secret, values[index]!)}`],
		);
		return {
			mounts: files.map(({ name, target }) => mountOf(join(folder, name), target!)),
			env,
			memoryDir: env.length === 0 ? undefined : folder,
		};
	} finally {
		for (const value of values) value.fill(0);
	}
}

/** A ramfs cannot map ids, so the files are whose they are outside of a user namespace. */
function ownerOf({ uid, gid }: PlannedSecret, ids: IdRanges | undefined) {
	if (ids === undefined) return {};
	return { uid: outsideOf(ids.uids, uid, "user id"), gid: outsideOf(ids.gids, gid, "group id") };
}

function mountOf(source: string, target: string): HostMount {
	return {
		source,
		subpath: "",
		target,
		readOnly: true,
		recursive: false,
		propagation: "rprivate",
		// There is nothing below a file.
		readOnlyRecursion: "writable",
	};
}

function textOf({ kind, name, env }: PlannedSecret, value: Uint8Array): string {
	const refused = (text: string) =>
		new EngineError("invalid_argument", `${kind} ${name}: ${text}, and cannot be the value of ${env}`);
	if (value.includes(0)) throw refused("it has a NUL");
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
	} catch {
		throw refused("it is no UTF-8");
	}
}

/** Names of the containers that get it. */
export function usersOfSecret(context: Context, id: SecretRecord["id"]): string[] {
	return [...context.registry.all()]
		.filter(({ record }) => plannedSecrets(record.hostConfig).some((secret) => secret.id === id))
		.map(({ record }) => record.name);
}
