/** `LLBBridge`: the calls by which buildx and Compose steer a build while its `Solve` waits. */
import { randomBytes } from "node:crypto";
import { EngineError } from "../../lib/index.ts";
import type { BuildkitOptions } from "../contract.ts";
import { readFrontendOptions } from "../frontend/options.ts";
import { type IncomingCall, type Method, unary } from "../grpc/service.ts";
import { GrpcError, statusCodes } from "../grpc/status.ts";
import {
	BridgeSolveRequest,
	BridgeSolveResponse,
	InputsResponse,
	PongResponse,
	ReferenceRequest,
	ReturnRequest,
} from "../proto/gateway.ts";
import { Empty } from "../proto/types.ts";
import type { Decoded } from "../wire/message.ts";
import { unsupportedSubrequest } from "./errors.ts";
import type { Job, Solved } from "./jobs.ts";
import { lookMethods } from "./look-into-results.ts";
import { resultDefinition } from "./result-definition.ts";
import { evaluate, type SolveRooms, solvedOf, takeInputs } from "./run-build.ts";
import { checkFrontend } from "./solve.ts";
import { workerRecord } from "./workers.ts";

const service = "/moby.buildkit.v1.frontend.LLBBridge";
/** Under this name a call says which build it belongs to. */
const refHeader = "buildkit-controlapi-buildid";
/** Of one build; clients ask for a handful. */
const maxSolved = 1000;

/** What the bridge can do, so that clients do not ask for the rest. */
const capabilities = [
	"solve.base",
	"return",
	"returnmap",
	"importcaches",
	"proto.refarray",
	"reference.output",
	"frontend.caps",
	"gateway.solve.metadata",
	"gateway.solve.evaluate",
	"gateway.evaluate",
	"gateway.warnings",
	"frontend.inputs",
	"readfile",
	"readdir",
	"statfile",
];

/** What clients ask before they want attestations, or add them unasked. */
const exporterCapabilities = ["exporter.image.attestations"];

/** Calls that resolve what only definitions name, or run processes on results. */
const refused = {
	ResolveImageConfig: "resolving images",
	ResolveSourceMeta: "resolving sources",
	NewContainer: "containers on results",
	ReleaseContainer: "containers on results",
	ExecProcess: "containers on results",
	ReadFileContainer: "containers on results",
	ReadDirContainer: "containers on results",
	StatFileContainer: "containers on results",
} as const;

export function bridgeMethods(rooms: SolveRooms, options: BuildkitOptions): Method[] {
	const jobOf = ({ metadata, signal }: IncomingCall): Promise<Job> => {
		const ref = metadata.get(refHeader);
		if (ref === undefined)
			throw new EngineError("invalid_argument", `the call names no build (${refHeader})`);
		return rooms.jobs.get(ref, signal);
	};
	return [
		unary(`${service}/Ping`, { request: Empty, response: PongResponse }, async (_, call) => {
			await jobOf(call);
			const llbCaps = exporterCapabilities.map((id) => ({ id, enabled: true }));
			const frontendCaps = capabilities.map((id) => ({ id, enabled: true }));
			return { frontendCaps, llbCaps, workers: [workerRecord(options)] };
		}),
		unary(
			`${service}/Solve`,
			{ request: BridgeSolveRequest, response: BridgeSolveResponse },
			async (request, call) => solveForBridge(rooms, await jobOf(call), request),
		),
		unary(`${service}/Return`, { request: ReturnRequest, response: Empty }, async (request, call) => {
			(await jobOf(call)).returned.resolve(request);
			return {};
		}),
		unary(`${service}/Inputs`, { request: Empty, response: InputsResponse }, () => ({})),
		unary(`${service}/Evaluate`, { request: ReferenceRequest, response: Empty }, async ({ ref }, call) => {
			const job = await jobOf(call);
			await evaluate(rooms, job, solvedOf(job, ref));
			return {};
		}),
		...lookMethods(rooms, jobOf),
		...Object.entries(refused).map(([name, what]) =>
			unary(`${service}/${name}`, { request: Empty, response: Empty }, () => {
				throw new GrpcError(statusCodes.unimplemented, `${what} (${name}) is not supported`);
			}),
		),
	];
}

/** As in BuildKit a result is made when it is exported, or when the client cannot wait for that. */
async function solveForBridge(
	rooms: SolveRooms,
	job: Job,
	request: Decoded<typeof BridgeSolveRequest>,
): Promise<Partial<Decoded<typeof BridgeSolveResponse>>> {
	checkFrontend(request);
	// An empty definition is an empty result.
	if (request.frontend === "") return { result: {} };
	const options = readFrontendOptions(request.frontendOpt);
	if (options.subrequest !== "") throw unsupportedSubrequest(options.subrequest);
	if (job.solved.size >= maxSolved)
		throw new EngineError("too_large", `more than ${maxSolved} results of one build`);
	const id = randomBytes(16).toString("hex");
	const inputs = await takeInputs(rooms, job, request.frontendInputs);
	const solved: Solved = { asked: { frontendOptions: request.frontendOpt, inputs } };
	job.solved.set(id, solved);
	if (request.evaluate) await evaluate(rooms, job, solved);
	return { result: { ref: { id, def: resultDefinition(id) } } };
}
