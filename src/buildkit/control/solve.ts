/** `Solve`: a build from what its client asks for to what it gets back. */
import type { Builder, BuildResult } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { BuildkitOptions } from "../contract.ts";
import { makeBuildRequest } from "../frontend/build-request.ts";
import { exportsOf, type NamedOption } from "../frontend/exports.ts";
import { openInputs } from "../frontend/inputs.ts";
import { readFrontendOptions } from "../frontend/options.ts";
import { GrpcError, statusCodes } from "../grpc/status.ts";
import type { SolveRequest } from "../proto/control.ts";
import type { ReturnRequest } from "../proto/gateway.ts";
import type { KeptFolders } from "../session/files/kept-folders.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Decoded } from "../wire/message.ts";
import { buildError, unsupportedSubrequest } from "./errors.ts";
import type { Job, Jobs } from "./jobs.ts";

export interface SolveRooms extends Pick<BuildkitOptions, "builder" | "contexts" | "root"> {
	readonly jobs: Jobs;
	readonly sessions: Sessions;
	readonly folders: KeptFolders;
}

export const frontendName = "dockerfile.v0";

export async function solve(
	rooms: SolveRooms,
	request: Decoded<typeof SolveRequest>,
	signal: AbortSignal,
): Promise<{ exporterResponse: Map<string, string> }> {
	refuseUnsupported(request);
	const job = rooms.jobs.begin(request.ref, request.session, signal);
	try {
		const frontendOptions =
			request.frontend === "" ? await optionsOfBridge(job, signal) : request.frontendAttrs;
		// A client that only looks hands nothing back.
		if (frontendOptions === undefined) return { exporterResponse: new Map() };
		const result = await runBuild(rooms, job, {
			frontendOptions,
			exporters: exportersOf(request),
			cacheExports: namedOptions(request.cache?.exports),
			signal,
		});
		return { exporterResponse: responseOf(result, request) };
	} finally {
		rooms.jobs.end(job);
	}
}

export interface BuildWork {
	readonly frontendOptions: ReadonlyMap<string, string>;
	readonly exporters: readonly NamedOption[];
	readonly cacheExports: readonly NamedOption[];
	readonly signal: AbortSignal;
}

/** Runs a build of a job. Errors are GrpcErrors that show the lines that they are about. */
export async function runBuild(
	{ builder, contexts, folders, root, sessions }: SolveRooms,
	job: Job,
	{ frontendOptions, exporters, cacheExports, signal }: BuildWork,
): Promise<BuildResult> {
	const { progress } = job;
	try {
		const options = readFrontendOptions(frontendOptions);
		if (options.subrequest !== "") throw unsupportedSubrequest(options.subrequest);
		const session = await sessions.get(job.session, signal);
		const gone = AbortSignal.any([signal, session.signal]);
		const exports = exportsOf(exporters, { session, root, signal: gone });
		await using inputs = await openInputs(options, { session, contexts, folders, progress, signal: gone });
		const request = await makeBuildRequest({
			...{ ref: job.ref, options, inputs, exporters, exports, cacheExports, session },
			signal: gone,
		});
		return await build(builder, request, job, gone);
	} catch (error) {
		throw buildError(signal.aborted ? signal.reason : error, progress);
	}
}

function build(
	builder: Builder,
	request: Parameters<Builder["build"]>[0],
	job: Job,
	signal: AbortSignal,
): Promise<BuildResult> {
	return builder.build(request, (event) => job.progress.tell(event), signal);
}

/** Waits for the client's bridge. `undefined`: it hands nothing back that there is anything of. */
async function optionsOfBridge(
	job: Job,
	signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | undefined> {
	const gone = Promise.withResolvers<never>();
	gone.promise.catch(() => undefined);
	const leave = () => gone.reject(signal.reason);
	signal.addEventListener("abort", leave, { once: true });
	try {
		signal.throwIfAborted();
		return returnedOptions(job, await Promise.race([job.returned.promise, gone.promise]));
	} finally {
		signal.removeEventListener("abort", leave);
	}
}

function returnedOptions(
	job: Job,
	{ result, error }: Decoded<typeof ReturnRequest>,
): ReadonlyMap<string, string> | undefined {
	if (error !== undefined && (error.code ?? 0) !== statusCodes.ok)
		throw new GrpcError(error.code!, error.message ?? "", {
			details: (error.details ?? []).map(({ typeUrl = "", value = new Uint8Array() }) => ({
				typeUrl,
				value,
			})),
		});
	const id = result?.ref?.id ?? [...(result?.refs?.refs?.values() ?? [])][0]?.id;
	if (id === undefined || id === "") return undefined;
	const options = job.solved.get(id);
	if (options === undefined) throw new EngineError("not_found", `no such ref: ${id.slice(0, 100)}`);
	return options;
}

function refuseUnsupported(request: Decoded<typeof SolveRequest>): void {
	const refuse = (what: string) => {
		throw new EngineError("not_implemented", `${what} is not supported`);
	};
	checkFrontend(request);
	if (request.sourcePolicy.length > 0) refuse("a source policy");
	for (const entitlement of request.entitlements)
		if (entitlement !== "network.host") refuse(`the entitlement ${entitlement}`);
}

/** The engine has one frontend, and executes no graphs that others made. */
export function checkFrontend(request: {
	readonly definition?: unknown;
	readonly frontend: string;
	readonly frontendInputs: ReadonlyMap<string, unknown>;
}): void {
	if (request.definition !== undefined)
		throw new EngineError("not_implemented", "building a definition (LLB) is not supported");
	if (request.frontendInputs.size > 0)
		throw new EngineError("not_implemented", "results of other builds as inputs are not supported");
	if (request.frontend !== "" && request.frontend !== frontendName)
		throw new EngineError(
			"not_implemented",
			`the frontend ${JSON.stringify(request.frontend)} is not supported`,
		);
}

/** Older clients know one exporter; newer ones send their first in its place too. */
function exportersOf(request: Decoded<typeof SolveRequest>): NamedOption[] {
	if (request.exporters.length > 0) return namedOptions(request.exporters);
	return request.exporter === "" ? [] : [{ type: request.exporter, attrs: request.exporterAttrs }];
}

function namedOptions(
	options: readonly { readonly type?: string; readonly attrs?: ReadonlyMap<string, string> }[] | undefined,
): NamedOption[] {
	return (options ?? []).map(({ type = "", attrs = new Map() }) => ({ type, attrs }));
}

function responseOf(result: BuildResult, request: Decoded<typeof SolveRequest>): Map<string, string> {
	const response = new Map<string, string>();
	for (const [name, value] of Object.entries(result.metadata))
		response.set(
			name,
			typeof value === "string" ? value : Buffer.from(JSON.stringify(value)).toString("base64"),
		);
	const digest = result.indexDigest ?? result.manifestDigest;
	if (digest !== "") response.set("containerimage.digest", digest);
	if (result.imageId !== "") response.set("containerimage.config.digest", result.imageId);
	const names = exportersOf(request).flatMap(({ attrs }) => attrs.get("name") ?? []);
	if (names.length > 0) response.set("image.name", names.join(","));
	return response;
}
