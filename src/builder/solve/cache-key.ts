import type { Digest } from "../../oci/index.ts";
import type { BuildContext, BuildRequest } from "../contract.ts";
import { digestOfJson } from "../graph/definition.ts";
import type { CopyOperation, Operation, PlannedMount, RunOperation } from "../graph/graph.ts";
import { predefinedArguments } from "../graph/scope.ts";
import type { StepResult } from "../steps/result.ts";

export interface CacheKey {
	readonly key: Digest;
	/** By what a user would call it. */
	readonly parts: Readonly<Record<string, string>>;
}

/** Changes whenever results of before must not be taken any more. */
const generation = 1;

/**
 * What a RUN depends on: its base as it is, whatever made that; itself; what it reads through mounts. Not the values
 * of secrets, caches' content or proxies, nor limits of memory and processors.
 */
export function runKey(
	operation: RunOperation,
	inputs: {
		readonly base: StepResult;
		/** Of mounts that read from something. */
		readonly mounted: readonly (string | undefined)[];
		readonly request: BuildRequest;
	},
): CacheKey {
	const { args, documents, env, workdir, user, mounts, network, security, devices } = operation;
	const { request } = inputs;
	return keyOf(request, {
		"what it stands on": inputs.base.chainId ?? "",
		"the command": digestOfJson({ args, documents, workdir, user }),
		"its environment": digestOfJson(env.filter((entry) => !isProxy(entry))),
		"its mounts": digestOfJson(mounts.map(withoutSource)),
		"the files of its mounts": digestOfJson(inputs.mounted.map((digest) => digest ?? "")),
		"its sandbox": digestOfJson({
			...{ network, security, devices },
			extraHosts: request.extraHosts,
			shmSizeBytes: request.shmSizeBytes,
			ulimits: request.limits.ulimits,
			// The kernel is another one.
			...(request.isolation === "vm" ? { isolation: "vm" } : {}),
		}),
		"the latest time (SOURCE_DATE_EPOCH)": String(request.sourceDateEpoch ?? ""),
	});
}

/** With `--link` what is below does not matter. */
export function copyKey(
	{ options }: CopyOperation,
	{
		base,
		digest,
		request,
	}: {
		readonly base: StepResult;
		/** See `PreparedCopy`. */
		readonly digest: Digest;
		readonly request: BuildRequest;
	},
): CacheKey {
	return keyOf(request, {
		"what it stands on": options.link ? "anything" : (base.chainId ?? ""),
		"the files or options": digest,
		"the latest time (SOURCE_DATE_EPOCH)": String(request.sourceDateEpoch ?? ""),
	});
}

export function folderKey(
	{ path, user }: Extract<Operation, { kind: "folder" }>,
	{ base, request }: { readonly base: StepResult; readonly request: BuildRequest },
): CacheKey {
	return keyOf(request, {
		"what it stands on": base.chainId ?? "",
		"the folder": digestOfJson({ path, user }),
		"the latest time (SOURCE_DATE_EPOCH)": String(request.sourceDateEpoch ?? ""),
	});
}

/** Of the files that a mount shows: names, content, modes, owners. */
export async function mountedDigest(context: BuildContext, path: string): Promise<Digest> {
	const matches = await context.find([path === "" ? "." : path], { excludes: [], deep: false });
	// Times say nothing, and neither does where the bytes are kept.
	return digestOfJson(
		matches.flatMap(({ entries }) =>
			entries.map((entry) => ({ ...entry, modified: undefined, pieces: undefined })),
		),
	);
}

/** Which of the parts of a key changed since the same instruction was carried out last. */
export function whyMissed(
	parts: CacheKey["parts"],
	latest: { readonly key: Digest; readonly parts: CacheKey["parts"] } | undefined,
	{ key, noCache }: { readonly key: Digest; readonly noCache: boolean },
): string {
	if (noCache) return "the cache is not to be used";
	if (latest === undefined) return "it was never carried out here";
	if (latest.key === key) return "its result was removed or damaged";
	const changed = Object.keys(parts).filter((name) => parts[name] !== latest.parts[name]);
	return `changed since it was carried out last: ${changed.join(", ")}`;
}

function keyOf({ fence }: BuildRequest, common: Readonly<Record<string, string>>): CacheKey {
	const parts = fence === undefined ? common : { ...common, "whose it is": fence.realm };
	return { key: digestOfJson({ generation, parts }), parts };
}

function isProxy(entry: string): boolean {
	return predefinedArguments.includes(entry.split("=", 1)[0]!);
}

/** Where it comes from does not matter: its content does. */
function withoutSource(mount: PlannedMount): unknown {
	return { ...mount, from: undefined };
}
