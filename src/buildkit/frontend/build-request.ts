/** A build as a BuildKit client asks for it, as the builder's request. */
import { type BuildRequest, type Export, parseDockerfile } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import { parseReference } from "../../oci/index.ts";
import { contentStore } from "../session/content-store.ts";
import { sessionAgents, sessionCredentials, sessionSecrets } from "../session/services.ts";
import type { Session } from "../session/sessions.ts";
import { annotationsOf, type ClientStores, cacheSources, cacheTargets, type NamedOption } from "./exports.ts";
import type { Inputs } from "./inputs.ts";
import type { FrontendOptions } from "./options.ts";

export interface RequestParts {
	readonly ref: string;
	readonly options: FrontendOptions;
	readonly inputs: Inputs;
	readonly exporters: readonly NamedOption[];
	readonly exports: readonly Export[];
	readonly cacheExports: readonly NamedOption[];
	readonly session: Session;
	readonly allow: NonNullable<BuildRequest["allow"]>;
	/** Hand the result over. */
	readonly keep: boolean;
	readonly signal: AbortSignal;
}

export async function makeBuildRequest(parts: RequestParts): Promise<BuildRequest> {
	const { options, inputs, session, signal } = parts;
	const storeOf: ClientStores = (path, digest) => contentStore({ session, path, digest, signal });
	const cacheFrom = cacheSources(options.cacheImports, storeOf);
	const cacheTo = cacheTargets(parts.cacheExports, storeOf);
	if (options.buildArgs.get("BUILDKIT_INLINE_CACHE") === "1") cacheTo.push({ type: "inline" });
	const buildArgs = new Map(options.buildArgs);
	buildArgs.delete("BUILDKIT_INLINE_CACHE");
	const epoch = buildArgs.get("SOURCE_DATE_EPOCH");
	const isRewritten = parts.exporters.some(({ attrs }) => attrs.has("rewrite-timestamp"));
	if (isRewritten && !epoch)
		throw new EngineError("invalid_argument", "rewrite-timestamp needs SOURCE_DATE_EPOCH (--build-arg)");
	return {
		id: parts.ref,
		dockerfile: inputs.dockerfile,
		context: inputs.context,
		namedContexts: inputs.namedContexts,
		results: inputs.results,
		keep: parts.keep,
		target: options.target,
		buildArgs,
		labels: options.labels,
		annotations: annotationsOf(parts.exporters, "manifest"),
		indexAnnotations: annotationsOf(parts.exporters, "index"),
		platforms: options.platforms,
		noCache: options.noCache,
		pull: options.pull,
		network: options.network,
		allow: parts.allow,
		isolation: isolationOf(buildArgs),
		extraHosts: options.extraHosts,
		shmSizeBytes: options.shmSizeBytes || defaultShmBytes,
		limits: {
			...{ memoryBytes: 0, memorySwapBytes: 0, cpuShares: 0, cpuPeriod: 0, cpuQuota: 0 },
			...{ cpusetCpus: "", cpusetMems: "", cgroupParent: options.cgroupParent, ulimits: options.ulimits },
		},
		secrets: sessionSecrets(session, signal),
		ssh: sessionAgents(session, signal),
		cacheFrom,
		cacheTo,
		squash: false,
		...(epoch === undefined || epoch === "" ? {} : { sourceDateEpoch: epochOf(epoch) }),
		...(options.provenance === undefined ? {} : { provenance: options.provenance }),
		sbom: options.sbom,
		exports: parts.exports,
		registryAuth: await registryAuth(parts, [...cacheFrom, ...cacheTo]),
	};
}

/** Clients have no option for it: `--build-arg HULL_BUILD_ISOLATION=vm`, which is no argument of the Dockerfile. */
function isolationOf(buildArgs: Map<string, string>): "process" | "vm" {
	const text = buildArgs.get(isolationArgument) || "process";
	buildArgs.delete(isolationArgument);
	if (text === "process" || text === "vm") return text;
	throw new EngineError("invalid_argument", `${isolationArgument}=${text}: it is process or vm`);
}

const isolationArgument = "HULL_BUILD_ISOLATION";

function epochOf(text: string): number {
	if (!/^\d{1,12}$/.test(text))
		throw new EngineError("invalid_argument", `invalid SOURCE_DATE_EPOCH: ${JSON.stringify(text)}`);
	return Number(text);
}

/**
 * Clients give credentials for one registry at a time, when asked. Which ones a build comes to is told by the names in
 * it; one that only comes out of a build argument is found among the arguments' values.
 */
async function registryAuth(
	{ inputs, options, exports, session, signal }: RequestParts,
	caches: readonly { readonly type: string; readonly ref?: string }[],
): Promise<BuildRequest["registryAuth"]> {
	const names = [
		...imageNames(inputs.dockerfile.text),
		...[...options.buildArgs.values()].filter((value) => value.includes("/")),
		...[...inputs.namedContexts.values()].flatMap((one) =>
			"image" in one && !one.image.startsWith("input:") ? [one.image] : [],
		),
		...exports.flatMap((one) => (one.type === "image" && one.push ? one.names : [])),
		...caches.flatMap(({ ref }) => (ref === undefined ? [] : [ref])),
	];
	const hosts = new Set(names.flatMap(registryOf));
	const found = new Map<string, { username: string; password: string }>();
	for (const host of [...hosts].slice(0, maxRegistries)) {
		const credentials = await sessionCredentials(session, host, signal);
		if (credentials !== undefined) found.set(host, credentials);
	}
	return found;
}

const maxRegistries = 32;
/** As of other clients, so that what they build is cached for these too. */
const defaultShmBytes = 64 * 1024 * 1024;

/** What FROM and COPY --from name, and defaults of arguments that may be a part of that. */
function imageNames(text: string): string[] {
	try {
		parseDockerfile(text);
	} catch {
		// The builder says what is wrong with it.
		return [];
	}
	return [...text.matchAll(/^\s*(?:FROM\s+(?:--\S+\s+)*|COPY\s.*--from=|ARG\s+\w+=)["']?([^\s"']+)/gim)].map(
		([, name]) => name!,
	);
}

function registryOf(name: string): string[] {
	try {
		return [parseReference(name).domain];
	} catch {
		return [];
	}
}
