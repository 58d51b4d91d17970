/** `Solve`: a build from what its client asks for to what it gets back. */
import { type BuildResult, readEntitlement } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { NamedOption } from "../frontend/exports.ts";
import { GrpcError, statusCodes } from "../grpc/status.ts";
import type { SolveRequest } from "../proto/control.ts";
import type { ReturnRequest } from "../proto/gateway.ts";
import type { Decoded } from "../wire/message.ts";
import type { Asked, Job } from "./jobs.ts";
import { runBuild, type SolveRooms, solvedOf, takeInputs } from "./run-build.ts";

export const frontendName = "dockerfile.v0";

export async function solve(
	rooms: SolveRooms,
	request: Decoded<typeof SolveRequest>,
	signal: AbortSignal,
): Promise<{ exporterResponse: Map<string, string> }> {
	refuseUnsupported(request);
	const { ref, session } = request;
	const allow = new Set(request.entitlements.map(readEntitlement));
	const job = rooms.jobs.begin({ ref, session, allow }, signal);
	try {
		const asked =
			request.frontend === ""
				? await askedByBridge(job, signal)
				: {
						frontendOptions: request.frontendAttrs,
						inputs: await takeInputs(rooms, job, request.frontendInputs),
					};
		// A client that only looks hands nothing back.
		if (asked === undefined) return { exporterResponse: new Map() };
		const result = await runBuild(rooms, job, {
			asked,
			exporters: exportersOf(request),
			cacheExports: namedOptions(request.cache?.exports),
			signal,
		});
		return { exporterResponse: responseOf(result, request) };
	} finally {
		rooms.jobs.end(job);
	}
}

/** Waits for the client's bridge. `undefined`: it hands nothing back that there is anything of. */
async function askedByBridge(job: Job, signal: AbortSignal): Promise<Asked | undefined> {
	const gone = Promise.withResolvers<never>();
	gone.promise.catch(() => undefined);
	const leave = () => gone.reject(signal.reason);
	signal.addEventListener("abort", leave, { once: true });
	try {
		signal.throwIfAborted();
		return await returned(job, await Promise.race([job.returned.promise, gone.promise]));
	} finally {
		signal.removeEventListener("abort", leave);
	}
}

async function returned(
	job: Job,
	{ result, error }: Decoded<typeof ReturnRequest>,
): Promise<Asked | undefined> {
	if (error !== undefined && (error.code ?? 0) !== statusCodes.ok)
		throw new GrpcError(error.code!, error.message ?? "", {
			details: (error.details ?? []).map(({ typeUrl = "", value = new Uint8Array() }) => ({
				typeUrl,
				value,
			})),
		});
	const id = result?.ref?.id ?? [...(result?.refs?.refs?.values() ?? [])][0]?.id;
	if (id === undefined || id === "") return undefined;
	const { asked, kept } = solvedOf(job, id);
	// One build at a time has the job's name.
	await kept?.catch(() => undefined);
	return asked;
}

function refuseUnsupported(request: Decoded<typeof SolveRequest>): void {
	const refuse = (what: string) => {
		throw new EngineError("not_implemented", `${what} is not supported`);
	};
	checkFrontend(request);
	if (request.sourcePolicy.length > 0) refuse("a source policy");
}

/** The engine has one frontend, and executes no graphs that others made. */
export function checkFrontend(request: { readonly definition?: unknown; readonly frontend: string }): void {
	if (request.definition !== undefined)
		throw new EngineError("not_implemented", "building a definition (LLB) is not supported");
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
