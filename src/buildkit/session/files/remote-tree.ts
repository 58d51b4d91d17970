/**
 * A client's folder, read over its session by fsutil's protocol (`DiffCopy`): the client tells of every file, then
 * sends the content of those that it is asked for.
 *
 * The client is not trusted: names are checked before anything is made of them, and what it sends unasked is an error.
 */
import { EngineError } from "../../../lib/index.ts";
import { toEngineError } from "../../grpc/status.ts";
import { Packet, packetType, type Stat } from "../../proto/session.ts";
import type { Decoded } from "../../wire/message.ts";
import type { Session } from "../sessions.ts";
import { type FileKind, kindOfMode, permissionsOfMode } from "./go-mode.ts";

export const fileSyncPath = "/moby.filesync.v1.FileSync/DiffCopy";

export interface RemoteTree extends Disposable {
	/** By path relative to the folder, without `./`; in the order of the client's walk, folders before what is in them. */
	readonly entries: ReadonlyMap<string, RemoteEntry>;
	/** Asks for files' content, many at once. Each sink gets its file's pieces in order and is closed at the end. */
	read(files: readonly RemoteEntry[], open: (file: RemoteEntry) => FileSink): Promise<void>;
}

export interface RemoteEntry {
	readonly path: string;
	readonly kind: FileKind;
	/** As chmod takes it. */
	readonly permissions: number;
	readonly uid: number;
	readonly gid: number;
	readonly sizeBytes: number;
	readonly modifiedNanos: bigint;
	/** Target of a symbolic link; for a file: the path of another name of it, or empty. */
	readonly linkName: string;
	readonly xattrs: ReadonlyMap<string, Uint8Array>;
	/** What the client knows it by. */
	readonly id: number;
}

export interface FileSink {
	write(data: Uint8Array): void;
	/** Not whole: the transfer broke off. */
	close(isWhole: boolean): void;
}

export interface TreeRequest {
	/** What the client calls the folder: `context`, `dockerfile`, a named context. */
	readonly name: string;
	/** Patterns of `.dockerignore`. */
	readonly excludes?: readonly string[];
	/** Only these paths, and what symbolic links among them lead to. */
	readonly followPaths?: readonly string[];
}

const maxEntries = 2_000_000;
const maxPathBytes = 4096;
/** Files asked for at once; when half of them have come, more are asked for, in one piece. */
const window = 1024;
/** Header fields of all patterns together: more is no request that an HTTP/2 server takes. */
const maxPatternBytes = 256 * 1024;

/** Resolves when the client has told of all files. Errors: `not_found` when it has no such folder. */
export async function openRemoteTree(
	session: Session,
	request: TreeRequest,
	signal: AbortSignal,
): Promise<RemoteTree> {
	if (!session.serves(fileSyncPath))
		throw new EngineError("not_found", "no local sources enabled: the client's session serves no files");
	const what = `folder ${JSON.stringify(request.name)} of the client`;
	const call = session.connection.stream(
		fileSyncPath,
		{ request: Packet, response: Packet },
		{ signal, metadata: requestHeaders(request) },
	);
	const packets = call.messages[Symbol.asyncIterator]();
	const next = async (): Promise<Decoded<typeof Packet>> => {
		const { value, done } = await packets.next();
		if (done) throw new EngineError("unavailable", `${what}: the client ended the transfer`);
		if (value.type === packetType.error)
			throw new EngineError("unavailable", `${what}: ${Buffer.from(value.data).toString("utf8", 0, 4096)}`);
		return value;
	};
	try {
		const entries = await readEntries(next);
		return {
			entries,
			read: (files, open) => translated(readFiles({ files, open, next, send: call.send }), what),
			[Symbol.dispose]: () => {
				// A client that is told so ends the call without an error.
				call.send({ type: packetType.end }).catch(() => undefined);
				call.endSending();
				void packets.next().catch(() => undefined);
			},
		};
	} catch (error) {
		call[Symbol.dispose]();
		throw toEngineError(error, what);
	}
}

async function translated(work: Promise<void>, what: string): Promise<void> {
	try {
		await work;
	} catch (error) {
		throw toEngineError(error, what);
	}
}

/** Lists go into headers, one field for each; what is not ASCII is escaped and said to be. */
function requestHeaders({ name, excludes, followPaths }: TreeRequest): Record<string, string | string[]> {
	const headers: Record<string, string | string[]> = {};
	const put = (key: string, values: readonly string[]) => {
		const encoded = values.some((value) => /[^\x20-\x7e]/.test(value));
		headers[key] = values.map((value) =>
			encoded ? encodeURIComponent(value).replaceAll("%20", "+") : value,
		);
		if (encoded) headers[`${key}-encoded`] = "1";
	};
	put("dir-name", [name]);
	if (excludes !== undefined && excludes.length > 0) put("exclude-patterns", excludes);
	if (followPaths !== undefined && followPaths.length > 0) put("followpaths", followPaths);
	const bytes = Object.values(headers).flat().join("").length;
	if (bytes > maxPatternBytes)
		throw new EngineError(
			"too_large",
			`.dockerignore: patterns of ${bytes} bytes, at most ${maxPatternBytes}`,
		);
	return headers;
}

async function readEntries(next: () => Promise<Decoded<typeof Packet>>): Promise<Map<string, RemoteEntry>> {
	const entries = new Map<string, RemoteEntry>();
	for (let id = 0; ; id++) {
		const { type, stat } = await next();
		if (type !== packetType.stat) throw misbehaved("sent content before it told of all files");
		if (stat === undefined) return entries;
		if (id >= maxEntries) throw new EngineError("too_large", `the folder has more than ${maxEntries} files`);
		const entry = checkEntry(stat as Decoded<typeof Stat>, id);
		const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf("/")));
		if (parent !== "" && entries.get(parent)?.kind !== "folder")
			throw misbehaved(`told of ${JSON.stringify(entry.path)} before its folder`);
		if (entries.has(entry.path)) throw misbehaved(`told of ${JSON.stringify(entry.path)} twice`);
		entries.set(entry.path, entry);
	}
}

function checkEntry(stat: Decoded<typeof Stat>, id: number): RemoteEntry {
	const path = checkPath(stat.path);
	const kind = kindOfMode(stat.mode);
	if (stat.sizeBytes < 0) throw misbehaved(`told of ${JSON.stringify(path)} with a size below 0`);
	if (kind === "file" && stat.linkName !== "") checkPath(stat.linkName);
	if (kind === "link" && (stat.linkName.includes("\0") || stat.linkName.length > maxPathBytes))
		throw misbehaved(`told of ${JSON.stringify(path)} with an impossible link`);
	return {
		...{ id, path, kind, uid: stat.uid, gid: stat.gid },
		permissions: permissionsOfMode(stat.mode),
		sizeBytes: kind === "file" ? stat.sizeBytes : 0,
		modifiedNanos: stat.modifiedNanos,
		linkName: kind === "file" ? stat.linkName.replaceAll("\\", "/") : stat.linkName,
		xattrs: stat.xattrs,
	};
}

function checkPath(path: string): string {
	const bad =
		path === "" ||
		Buffer.byteLength(path) > maxPathBytes ||
		path.includes("\0") ||
		path.split("/").some((name) => name === "" || name === "." || name === ".." || name.length > 255);
	if (bad) throw misbehaved(`named a file ${JSON.stringify(path.slice(0, 200))}`);
	return path;
}

interface Reading {
	readonly files: readonly RemoteEntry[];
	readonly open: (file: RemoteEntry) => FileSink;
	readonly next: () => Promise<Decoded<typeof Packet>>;
	readonly send: (...packets: readonly Partial<Decoded<typeof Packet>>[]) => Promise<void>;
}

async function readFiles({ files, open, next, send }: Reading): Promise<void> {
	const asked = new Map<number, { file: RemoteEntry; sink: FileSink | undefined; bytes: number }>();
	let sent = 0;
	try {
		while (sent < files.length || asked.size > 0) {
			if (sent < files.length && asked.size <= window / 2) {
				const more = files.slice(sent, sent + window - asked.size);
				sent += more.length;
				for (const file of more) asked.set(file.id, { file, sink: undefined, bytes: 0 });
				await send(...more.map(({ id }) => ({ type: packetType.request, id })));
			}
			const { type, id, data } = await next();
			const reading = asked.get(id);
			if (type !== packetType.data || reading === undefined)
				throw misbehaved("sent what it was not asked for");
			reading.sink ??= open(reading.file);
			if (data.length === 0) {
				reading.sink.close(true);
				asked.delete(id);
				continue;
			}
			reading.bytes += data.length;
			// A file may grow while it is read, but not without end.
			if (reading.bytes > reading.file.sizeBytes * 2 + 1024 * 1024)
				throw misbehaved(`sent more of ${JSON.stringify(reading.file.path)} than it told of`);
			reading.sink.write(data);
		}
	} finally {
		for (const { sink } of asked.values()) sink?.close(false);
	}
}

function misbehaved(text: string): EngineError {
	return new EngineError("invalid_argument", `the client ${text}`);
}
