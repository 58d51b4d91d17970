import { EngineError } from "../lib/index.ts";
import { callEmpty } from "./transport/call.ts";
import type { Engine } from "./transport/engine.ts";
import type { EngineAnswer } from "./transport/exchange.ts";
import { segment } from "./transport/request.ts";

/** What is at a path in a container: the header `X-Docker-Container-Path-Stat`. */
export interface PathStat {
	readonly name: string;
	readonly size: number;
	/** Go's `os.FileMode`: permission bits, and the kind in the high bits. */
	readonly mode: number;
	readonly mtime: string;
	readonly linkTarget: string;
}

const goModeDirectory = 2 ** 31;
const goModeSymlink = 2 ** 27;

export function isDirectory(stat: PathStat): boolean {
	return Math.floor(stat.mode / goModeDirectory) % 2 === 1;
}

export function isSymlink(stat: PathStat): boolean {
	return Math.floor(stat.mode / goModeSymlink) % 2 === 1;
}

/** `not_found` when nothing is there. */
export async function containerArchiveInfo(engine: Engine, id: string, path: string): Promise<PathStat> {
	const { exchange } = await import("./transport/exchange.ts");
	const answer = await exchange(engine, { method: "HEAD", path: archivePath(id), query: { path } });
	answer.close();
	return pathStat(answer);
}

/** The path as a tar whose first entry is named as the path's last part. */
export async function containerArchive(
	engine: Engine,
	id: string,
	path: string,
): Promise<{ stat: PathStat; tar: AsyncIterable<Buffer> }> {
	const { exchange } = await import("./transport/exchange.ts");
	const answer = await exchange(engine, { method: "GET", path: archivePath(id), query: { path } });
	return { stat: pathStat(answer), tar: answer.body };
}

/** Unpacks a tar into a folder of the container. */
export async function putContainerArchive(
	engine: Engine,
	id: string,
	options: {
		path: string;
		tar: AsyncIterable<Uint8Array>;
		noOverwriteDirNonDir: boolean;
		copyUidGid: boolean;
	},
): Promise<void> {
	const { path, tar, noOverwriteDirNonDir, copyUidGid } = options;
	await callEmpty(engine, {
		method: "PUT",
		path: archivePath(id),
		query: { path, noOverwriteDirNonDir, copyUIDGID: copyUidGid },
		body: { stream: tar },
	});
}

function archivePath(id: string): string {
	return `/containers/${segment(id)}/archive`;
}

function pathStat(answer: EngineAnswer): PathStat {
	const header = answer.headers.get("x-docker-container-path-stat");
	if (header === undefined) throw new EngineError("corrupt", "the engine did not say what the path is");
	try {
		return JSON.parse(Buffer.from(header, "base64").toString()) as PathStat;
	} catch (error) {
		throw new EngineError("corrupt", "the engine's description of the path is not JSON", { cause: error });
	}
}
