/** `moby.buildkit.v1.frontend.LLBBridge` (frontend/gateway/pb/gateway.proto): how clients steer a build. */
import { bool, bytes, field, integer, list, map, message, nested, string } from "../wire/message.ts";
import { CacheOptionsEntry, WorkerRecord } from "./control.ts";
import { Stat } from "./session.ts";
import { Definition, Status } from "./types.ts";

const ApiCap = message({ id: field(1, string), enabled: field(2, bool) });
export const PongResponse = message({
	frontendCaps: field(1, list(nested(ApiCap))),
	llbCaps: field(2, list(nested(ApiCap))),
	workers: field(3, list(nested(WorkerRecord))),
});

const Ref = message({ id: field(1, string), def: field(2, nested(Definition)) });
const RefMap = message({ refs: field(1, map(nested(Ref))) });
const Result = message({
	ref: field(3, nested(Ref)),
	refs: field(4, nested(RefMap)),
	metadata: field(10, map(bytes)),
});
export const BridgeSolveRequest = message({
	definition: field(1, nested(Definition)),
	frontend: field(2, string),
	frontendOpt: field(3, map(string)),
	cacheImports: field(12, list(nested(CacheOptionsEntry))),
	frontendInputs: field(13, map(nested(Definition))),
	evaluate: field(14, bool),
});
export const BridgeSolveResponse = message({ result: field(3, nested(Result)) });
export const ReturnRequest = message({ result: field(1, nested(Result)), error: field(2, nested(Status)) });
export const InputsResponse = message({ definitions: field(1, map(nested(Definition))) });
export const ReferenceRequest = message({ ref: field(1, string) });

/** Looking into results. */
export const ReadFileRequest = message({
	ref: field(1, string),
	filePath: field(2, string),
	range: field(3, nested(message({ offset: field(1, integer), length: field(2, integer) }))),
});
export const ReadFileResponse = message({ data: field(1, bytes) });
export const ReadDirRequest = message({
	ref: field(1, string),
	dirPath: field(2, string),
	includePattern: field(3, string),
});
export const ReadDirResponse = message({ entries: field(1, list(nested(Stat))) });
export const StatFileRequest = message({ ref: field(1, string), path: field(2, string) });
export const StatFileResponse = message({ stat: field(1, nested(Stat)) });
