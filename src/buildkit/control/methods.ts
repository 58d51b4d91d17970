/** Everything that a control connection answers, by path. */
import type { BuildkitOptions } from "../contract.ts";
import { type Method, streaming, unary } from "../grpc/service.ts";
import { GrpcError, statusCodes } from "../grpc/status.ts";
import * as proto from "../proto/control.ts";
import { HealthResponse } from "../proto/session.ts";
import { Empty } from "../proto/types.ts";
import { bridgeMethods } from "./bridge.ts";
import { diskUsage, prune } from "./cache-usage.ts";
import { listenBuildHistory, updateBuildHistory } from "./history.ts";
import type { SolveRooms } from "./run-build.ts";
import { solve } from "./solve.ts";
import { buildkitVersion, workerRecord } from "./workers.ts";

const service = "/moby.buildkit.v1.Control";
const serving = 1;

export function controlMethods(rooms: SolveRooms, options: BuildkitOptions): ReadonlyMap<string, Method> {
	const { builder } = options;
	const methods: Method[] = [
		unary(
			`${service}/ListWorkers`,
			{ request: proto.ListWorkersRequest, response: proto.ListWorkersResponse },
			({ filter }) => {
				if (filter.length > 0)
					throw new GrpcError(statusCodes.unimplemented, "filters of workers are not supported");
				return { record: [workerRecord(options)] };
			},
		),
		unary(`${service}/Info`, { request: Empty, response: proto.InfoResponse }, () => ({
			buildkitVersion: buildkitVersion(options),
		})),
		unary(
			`${service}/DiskUsage`,
			{ request: proto.DiskUsageRequest, response: proto.DiskUsageResponse },
			(request) => diskUsage(builder, request),
		),
		streaming(`${service}/Prune`, { request: proto.PruneRequest, response: proto.UsageRecord }, (request) =>
			prune(builder, request),
		),
		unary(
			`${service}/Solve`,
			{ request: proto.SolveRequest, response: proto.SolveResponse },
			(request, { signal }) => solve(rooms, request, signal),
		),
		streaming(
			`${service}/Status`,
			{ request: proto.StatusRequest, response: proto.StatusResponse },
			async function* ({ ref }, { signal }) {
				yield* (await rooms.jobs.get(ref, signal)).progress.follow(signal);
			},
		),
		streaming(
			`${service}/ListenBuildHistory`,
			{ request: proto.BuildHistoryRequest, response: proto.BuildHistoryEvent },
			(request, { signal }) => listenBuildHistory(builder, request, signal),
		),
		unary(
			`${service}/UpdateBuildHistory`,
			{ request: proto.UpdateBuildHistoryRequest, response: Empty },
			(request) => {
				updateBuildHistory(builder, request);
				return {};
			},
		),
		unary(`${service}/Session`, { request: Empty, response: Empty }, () => {
			throw new GrpcError(
				statusCodes.unimplemented,
				"sessions inside of a control connection are not supported: open one with POST /session",
			);
		}),
		unary("/grpc.health.v1.Health/Check", { request: Empty, response: HealthResponse }, () => ({
			status: serving,
		})),
		...bridgeMethods(rooms, options),
	];
	return new Map(methods.map((method) => [method.path, method]));
}
