import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Engine, HullBuildRequest } from "../../../client/index.ts";
import type { CommandContext } from "../../context.ts";
import { storedCredentials } from "../../engine/credentials.ts";
import { CommandFailure } from "../../failure.ts";
import type { FlagValues } from "../../flags/flag.ts";
import { registryOf } from "../../format/image-name.ts";
import { attestations } from "./attestations.ts";
import { parseFields } from "./fields.ts";
import type { buildFlags } from "./flags.ts";
import type { Outputs } from "./outputs.ts";
import type { BuildSource } from "./source.ts";

export type BuildFlags = FlagValues<typeof buildFlags>;

/** `NAME=value`; of a name alone the value is the environment's, if it has one. */
export function buildArguments(
	texts: readonly string[],
	environment: NodeJS.ProcessEnv,
): Map<string, string | undefined> {
	return new Map(
		texts.map((text) => {
			const equals = text.indexOf("=");
			return equals < 0 ? [text, environment[text]] : [text.slice(0, equals), text.slice(equals + 1)];
		}),
	);
}

/** Everything that the engine is asked for. Errors: CommandFailure. */
export async function buildRequest(
	context: CommandContext,
	flags: BuildFlags,
	from: {
		readonly source: BuildSource;
		readonly outputs: Outputs;
		readonly engine: Engine;
		readonly mode: string;
	},
): Promise<HullBuildRequest> {
	const { environment } = context;
	const { source, outputs, mode } = from;
	const args = [...buildArguments(flags["build-arg"], environment)].filter(
		([, value]) => value !== undefined,
	);
	const epoch = environment["SOURCE_DATE_EPOCH"] ?? Object.fromEntries(args)["SOURCE_DATE_EPOCH"];
	return {
		Mode: mode,
		Dockerfile: source.dockerfile,
		Contexts: mode === "build" ? source.contexts : source.contexts.map(withoutUpload),
		...(mode === "check" && source.ignore !== undefined ? { Ignore: source.ignore } : {}),
		Target: flags.target ?? "",
		Args: Object.fromEntries(args) as Record<string, string>,
		Labels: Object.fromEntries(flags.label),
		Annotations: Object.fromEntries(flags.annotation),
		Platforms: flags.platform.flatMap((text) => text.split(",")),
		NoCache: flags["no-cache"],
		NoCacheStages: flags["no-cache-filter"].flatMap((text) => text.split(",")),
		Pull: flags.pull,
		Network: flags.network ?? "",
		Allow: flags.allow.flatMap((text) => text.split(",")),
		Isolation: flags.isolation ?? "",
		ExtraHosts: [...flags["add-host"]],
		ShmSize: flags["shm-size"] ?? 0,
		Memory: flags.memory ?? 0,
		MemorySwap: flags["memory-swap"] ?? 0,
		CpuShares: flags["cpu-shares"] ?? 0,
		CpuPeriod: flags["cpu-period"] ?? 0,
		CpuQuota: flags["cpu-quota"] ?? 0,
		CpusetCpus: flags["cpuset-cpus"] ?? "",
		CpusetMems: flags["cpuset-mems"] ?? "",
		CgroupParent: flags["cgroup-parent"] ?? "",
		Ulimits: [...flags.ulimit],
		Secrets: Object.fromEntries(flags.secret.map((fields) => secretOf(fields, environment))),
		Ssh: Object.fromEntries(flags.ssh.map((text) => agentOf(text, environment, from.engine))),
		CacheFrom: flags["cache-from"].map((text) => cacheFields(text, "src", from.engine)),
		CacheTo: flags["cache-to"].map((text) => cacheFields(text, "dest", from.engine)),
		Squash: flags.squash,
		...(epoch ? { SourceDateEpoch: epochOf(epoch) } : {}),
		...attestations(flags),
		Exports: outputs.exports,
		Auth: await credentials(context, source, {
			flags,
			pushed: outputs.exports.flatMap(({ Names = [], Push }) => (Push ? Names : [])),
		}),
	};
}

function withoutUpload(context: HullBuildRequest["Contexts"][number]): HullBuildRequest["Contexts"][number] {
	return context.Kind === "upload" ? { ...context, Kind: "empty" } : context;
}

/** `id=name,src=path`, `id=name,env=VARIABLE`; without either the variable or file of that name. */
function secretOf(fields: Record<string, string>, environment: NodeJS.ProcessEnv): [string, string] {
	const { type = "", id = "", env } = fields;
	const path = fields["src"] ?? fields["source"];
	if (id === "") throw new CommandFailure("--secret: id is missing (id=name,src=path)");
	const odd = Object.keys(fields).find((key) => !["type", "id", "env", "src", "source"].includes(key));
	if (odd !== undefined || !["", "file", "env"].includes(type))
		throw new CommandFailure(`--secret ${id}: ${odd ?? `type ${type}`} is not supported`);
	const variable = env ?? (type === "env" ? (path ?? id) : undefined);
	const named = variable ?? (path === undefined && environment[id] !== undefined ? id : undefined);
	if (named !== undefined) return [id, Buffer.from(environment[named] ?? "").toString("base64")];
	try {
		return [id, readFileSync(path ?? id).toString("base64")];
	} catch (cause) {
		throw new CommandFailure(`--secret ${id}: failed to read ${path ?? id}: ${(cause as Error).message}`, {
			cause,
		});
	}
}

/** `default`, `default=/path/agent.sock`. The engine connects to the socket, so it must be on this machine. */
function agentOf(text: string, environment: NodeJS.ProcessEnv, engine: Engine): [string, string] {
	const equals = text.indexOf("=");
	const id = equals < 0 ? text : text.slice(0, equals);
	const path = equals < 0 ? environment["SSH_AUTH_SOCK"] : text.slice(equals + 1);
	if (engine.address.kind !== "unix")
		throw new CommandFailure("--ssh works with an engine on this machine; for others use docker buildx");
	if (!path) throw new CommandFailure(`--ssh ${text}: no agent: SSH_AUTH_SOCK is not set`);
	return [id === "" ? "default" : id, resolve(path)];
}

/** A folder is read by the engine where it is, so it must be on this machine. */
function cacheFields(text: string, place: "src" | "dest", { address }: Engine): Record<string, string> {
	const fields: Record<string, string> = text.includes("=")
		? parseFields(text)
		: text === "inline"
			? { type: text }
			: { type: "registry", ref: text };
	const path = fields[place];
	if (path === undefined) return fields;
	if (address.kind !== "unix")
		throw new CommandFailure(`${text}: a cache in a folder works with an engine on this machine`);
	return { ...fields, [place]: resolve(path) };
}

function epochOf(text: string): number {
	if (/^\d{1,15}$/.test(text)) return Number(text);
	throw new CommandFailure(`invalid SOURCE_DATE_EPOCH: ${text}`);
}

/** For the registries of what is read and pushed; of a Dockerfile that is not here, those of the names alone. */
async function credentials(
	{ configFolder }: CommandContext,
	{ needs }: BuildSource,
	{ flags, pushed }: { readonly flags: BuildFlags; readonly pushed: readonly string[] },
): Promise<NonNullable<HullBuildRequest["Auth"]>> {
	const caches = [...flags["cache-from"], ...flags["cache-to"]].flatMap((text) =>
		text.includes("=") ? (parseFields(text)["ref"] ?? []) : text === "inline" ? [] : text,
	);
	const named = [...flags.tag, ...caches, ...pushed];
	const names = [...(needs?.bases ?? []), ...(needs?.others ?? []), ...named].filter(
		(name) => !name.includes("$"),
	);
	const registries = new Set(names.map((name) => registryOf(name)));
	const found: NonNullable<HullBuildRequest["Auth"]> = {};
	for (const registry of registries) {
		const auth = await storedCredentials(configFolder, registry);
		if (auth?.username) found[registry] = { Username: auth.username, Password: auth.password ?? "" };
	}
	return found;
}
