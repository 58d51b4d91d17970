/** `LLBBridge`: reading files and folders of results. */
import type { TreeEntry } from "../../archive/index.ts";
import type { KeptResult } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import { fromByteString } from "../../sys/index.ts";
import { type IncomingCall, type Method, unary } from "../grpc/service.ts";
import {
	ReadDirRequest,
	ReadDirResponse,
	ReadFileRequest,
	ReadFileResponse,
	StatFileRequest,
	StatFileResponse,
} from "../proto/gateway.ts";
import type { Stat } from "../proto/session.ts";
import { goMode } from "../session/files/go-mode.ts";
import type { Decoded } from "../wire/message.ts";
import type { Job } from "./jobs.ts";
import { keptOf, type SolveRooms, solvedOf } from "./run-build.ts";

const service = "/moby.buildkit.v1.frontend.LLBBridge";
/** An answer is one message; see `maxMessageBytes`. */
const maxFileBytes = 15 * 1024 * 1024;

export function lookMethods(rooms: SolveRooms, jobOf: (call: IncomingCall) => Promise<Job>): Method[] {
	const resultOf = async (ref: string, call: IncomingCall): Promise<KeptResult> => {
		const job = await jobOf(call);
		return await keptOf(rooms, job, solvedOf(job, ref));
	};
	return [
		unary(
			`${service}/ReadFile`,
			{ request: ReadFileRequest, response: ReadFileResponse },
			async ({ ref, filePath, range }, call) => {
				const result = await resultOf(ref, call);
				const data = await result.readFile(filePath, maxFileBytes);
				if (data === undefined) throw missing("open", filePath);
				const start = Math.max(0, range?.offset ?? 0);
				const length = range?.length ?? 0;
				return { data: data.subarray(start, length > 0 ? start + length : data.length) };
			},
		),
		unary(
			`${service}/ReadDir`,
			{ request: ReadDirRequest, response: ReadDirResponse },
			async ({ ref, dirPath, includePattern }, call) => {
				if (includePattern !== "")
					throw new EngineError("not_implemented", "ReadDir with a pattern is not supported");
				const result = await resultOf(ref, call);
				return { entries: (await result.list(dirPath, call.signal)).map(statOf) };
			},
		),
		unary(
			`${service}/StatFile`,
			{ request: StatFileRequest, response: StatFileResponse },
			async ({ ref, path }, call) => {
				const entry = await (await resultOf(ref, call)).look(path, call.signal);
				if (entry === undefined) throw missing("lstat", path);
				return { stat: statOf(entry) };
			},
		),
	];
}

function missing(verb: string, path: string): EngineError {
	return new EngineError("not_found", `${verb} ${path}: no such file or directory`);
}

/** `fsutil.types.Stat`; the path is the name alone. */
function statOf(entry: TreeEntry): Partial<Decoded<typeof Stat>> {
	const { path, kind, mode, uid, gid, sizeBytes, modified, target } = entry;
	return {
		path: fromByteString(path.slice(path.lastIndexOf("/") + 1)),
		mode: goMode(kind, mode),
		...{ uid, gid, sizeBytes },
		modifiedNanos: BigInt(modified.seconds) * 1_000_000_000n + BigInt(modified.nanos),
		linkName: kind === "link" ? fromByteString(target) : "",
	};
}
