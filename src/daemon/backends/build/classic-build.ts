import {
	type BuildContext,
	type BuildRequest,
	type ClassicLine,
	type ClassicProgress,
	classicProgress,
	type Dockerfile,
	parseDockerfile,
} from "../../../builder/index.ts";
import { EngineError } from "../../../lib/index.ts";
import { parsePlatform } from "../../../oci/index.ts";
import type { ClassicBuild, ProgressLine } from "../../../server/index.ts";
import { buildId, buildIsolation, buildLimits, buildNetwork, imageNames, shmBytes } from "./request-parts.ts";
import type { BuildRooms } from "./rooms.ts";

interface Answer {
	readonly emit: (line: ProgressLine) => void;
	readonly signal: AbortSignal;
}

/** `POST /build`. What is wrong with the request or the Dockerfile is an error before the first line. */
export async function classicBuild(kept: BuildRooms, call: ClassicBuild, answer: Answer): Promise<void> {
	const names = imageNames(call.query.t ?? []);
	const shared = sharedRequest(call, names);
	const { context, file } = await openContext(kept, call, answer.signal);
	await using opened = context;
	const dockerfile = parseDockerfile(file.text);
	checkTarget(dockerfile, shared.target);
	const request: BuildRequest = { ...shared, dockerfile: file, context: opened };
	const progress = classicProgress(dockerfile, {
		target: shared.target,
		buildArgs: shared.buildArgs,
		labels: shared.labels,
		removes: { success: call.query.rm ?? true, failure: call.query.forcerm ?? false },
	});
	await run(kept, { request, progress, names, quiet: call.query.q ?? false }, answer);
}

/** Quiet is the image's id alone; what led to an error is told all the same. */
async function run(
	kept: BuildRooms,
	build: {
		readonly request: BuildRequest;
		readonly progress: ClassicProgress;
		readonly names: readonly string[];
		readonly quiet: boolean;
	},
	{ emit, signal }: Answer,
): Promise<void> {
	const { request, progress, names, quiet } = build;
	const held: ClassicLine[] = [];
	const tell = (lines: readonly ClassicLine[]) => {
		if (quiet) held.push(...lines);
		else for (const line of lines) emit({ ...line });
	};
	try {
		const { imageId } = await kept.builder.build(request, (event) => tell(progress.take(event)), signal);
		if (quiet) emit({ stream: `${imageId}\n` });
		else tell(progress.end(imageId, names));
	} catch (error) {
		for (const line of [...held, ...progress.fail()]) if ("stream" in line || !quiet) emit({ ...line });
		throw error;
	}
}

function sharedRequest(
	call: ClassicBuild,
	names: readonly string[],
): Omit<BuildRequest, "dockerfile" | "context"> {
	const { query } = call;
	refuse(query);
	return {
		id: buildId(query.buildid),
		namedContexts: new Map(),
		target: query.target ?? "",
		buildArgs: new Map(Object.entries(call.buildArgs).map(([key, value]) => [key, value ?? undefined])),
		labels: call.labels,
		annotations: {},
		platforms: query.platform ? [parsePlatform(query.platform)] : [],
		noCache: query.nocache ?? false,
		pull: query.pull ?? false,
		network: buildNetwork(query.networkmode),
		isolation: buildIsolation(query.isolation),
		extraHosts: query.extrahosts ?? [],
		shmSizeBytes: shmBytes(query.shmsize),
		limits: buildLimits({
			...query,
			memorySwap: query.memswap,
			cpuShares: query.cpushares,
			cpuPeriod: query.cpuperiod,
			cpuQuota: query.cpuquota,
			cpusetCpus: query.cpusetcpus,
			cpusetMems: query.cpusetmems,
			cgroupParent: query.cgroupparent,
			ulimits: call.ulimits,
		}),
		secrets: new Map(),
		ssh: new Map(),
		cacheFrom: call.cacheFrom.map((ref) => ({ type: "image", ref })),
		cacheTo: [],
		squash: query.squash ?? false,
		sbom: false,
		exports: [{ type: "image", names, push: false }],
		registryAuth: new Map(Object.entries(call.auth)),
	};
}

function refuse(query: ClassicBuild["query"]): void {
	const options = query.securityopt?.filter((text) => text !== "") ?? [];
	if (options.length > 0)
		throw new EngineError(
			"not_implemented",
			`securityopt ${options[0]}: security options of builds are not supported`,
		);
	if (query.session)
		throw new EngineError(
			"not_implemented",
			"session of POST /build is not supported: send the context as the body",
		);
}

async function openContext(
	{ contexts }: BuildRooms,
	{ query, body }: ClassicBuild,
	signal: AbortSignal,
): Promise<{ context: BuildContext; file: BuildRequest["dockerfile"] }> {
	const name = query.dockerfile || "Dockerfile";
	const options = { dockerfile: name, signal };
	if (!query.remote) {
		const context = await contexts.fromTar(body, options);
		return { context, file: await readDockerfile(context, name) };
	}
	const { context, dockerfile } = await contexts.fromAddress(query.remote, options);
	if (dockerfile !== undefined) return { context, file: { name: "Dockerfile", text: dockerfile } };
	return { context, file: await readDockerfile(context, name) };
}

/** Errors: `invalid_argument` with Docker's text; the context is gone then. */
export async function readDockerfile(
	context: BuildContext,
	name: string,
): Promise<{ name: string; text: string }> {
	try {
		const text = await context.readText(name);
		if (text !== undefined) return { name, text };
		throw new EngineError("invalid_argument", `Cannot locate specified Dockerfile: ${name}`);
	} catch (error) {
		await context[Symbol.asyncDispose]();
		throw error;
	}
}

/** Docker's text; before anything is pulled. */
function checkTarget({ stages }: Dockerfile, target: string): void {
	if (target === "" || stages.some(({ name }) => name === target.toLowerCase())) return;
	if (/^\d+$/.test(target) && Number(target) < stages.length) return;
	throw new EngineError("invalid_argument", `failed to reach build target ${target} in Dockerfile`);
}
