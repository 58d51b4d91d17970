/** What a build gives back, sent over the client's session: an archive, or files of a folder. */
import { closeSync, mkdtempSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ExportSink } from "../../builder/index.ts";
import { EngineError, readTar, removeTreeSync, type TarEntry, tarText } from "../../lib/index.ts";
import { toEngineError } from "../grpc/status.ts";
import { Packet, packetType, type Stat } from "../proto/session.ts";
import { BytesMessage } from "../proto/types.ts";
import type { Decoded } from "../wire/message.ts";
import { goMode } from "./files/go-mode.ts";
import type { Session } from "./sessions.ts";

const fileSendPath = "/moby.filesync.v1.FileSend/DiffCopy";
/** Well below what grpc-go takes as one message. */
const maxPieceBytes = 1024 * 1024;

export interface SendOptions {
	readonly session: Session;
	/** Position of the exporter among those of the build. */
	readonly exporter: number;
	readonly signal: AbortSignal;
}

/** One file on the client's side. */
export function archiveSink({ session, exporter, signal }: SendOptions): ExportSink {
	return {
		async write(tar) {
			const metadata = exporterHeaders(session, exporter);
			const messages = { request: BytesMessage, response: BytesMessage };
			using call = session.connection.stream(fileSendPath, messages, { signal, metadata });
			// The client answers nothing but its status, which may come before all is sent.
			const status = drain(call.messages);
			status.catch(() => undefined);
			try {
				for await (const chunk of tar)
					for (let at = 0; at < chunk.length; at += maxPieceBytes)
						await call.send({ data: chunk.subarray(at, at + maxPieceBytes) });
				call.endSending();
				await status;
			} catch (error) {
				throw toEngineError(error, "sending the result to the client");
			}
		},
	};
}

/** Files of a folder on the client's side. `folder`: where their content waits until the client asks for it. */
export function folderSink(options: SendOptions & { readonly folder: string }): ExportSink {
	return {
		async write(tar) {
			const work = mkdtempSync(join(options.folder, "export-"));
			const spool = openSync(join(work, "content"), "wx+", 0o600);
			try {
				const files = await spoolTar(tar, spool);
				await sendFiles(files, spool, options);
			} finally {
				closeSync(spool);
				removeTreeSync(work);
			}
		},
	};
}

interface SpooledFile {
	readonly stat: Partial<Decoded<typeof Stat>> & { readonly path: string };
	readonly offset: number;
	readonly sizeBytes: number;
}

/** In the order that the protocol wants: by names of folders, then of files in them. */
async function spoolTar(tar: AsyncIterable<Uint8Array>, spool: number): Promise<SpooledFile[]> {
	const files = new Map<string, SpooledFile>();
	let end = 0;
	for await (const { entry, content } of readTar(tar)) {
		const path = cleanName(tarText(entry.name));
		await spoolContent(content, spool, { base: end, extents: entry.extents });
		if (path !== "") files.set(path, { stat: statOf(path, entry), offset: end, sizeBytes: entry.size });
		end += entry.size;
	}
	return [...files.values()].sort((one, other) => comparePaths(one.stat.path, other.stat.path));
}

/** Holes of a sparse file are holes of the spool. */
async function spoolContent(
	content: AsyncIterable<Uint8Array>,
	spool: number,
	{ base, extents }: { readonly base: number; readonly extents: TarEntry["extents"] },
): Promise<void> {
	const parts = (extents ?? [{ offset: 0, length: Number.MAX_SAFE_INTEGER }]).map((part) => ({ ...part }));
	for await (const chunk of content)
		for (let at = 0; at < chunk.length; ) {
			while (parts[0]?.length === 0) parts.shift();
			const part = parts[0]!;
			const written = writeSync(
				spool,
				chunk,
				at,
				Math.min(chunk.length - at, part.length),
				base + part.offset,
			);
			at += written;
			part.offset += written;
			part.length -= written;
		}
}

function cleanName(name: string): string {
	return name
		.split("/")
		.filter((part) => part !== "" && part !== ".")
		.join("/");
}

function statOf(path: string, entry: TarEntry): SpooledFile["stat"] {
	const isLink = entry.type === "symlink" || entry.type === "hardlink";
	return {
		path,
		mode: goMode(kinds[entry.type], entry.mode),
		...{ uid: entry.uid, gid: entry.gid, sizeBytes: entry.size },
		modifiedNanos: BigInt(entry.mtime.seconds) * 1_000_000_000n + BigInt(entry.mtime.nanos),
		linkName: !isLink
			? ""
			: entry.type === "hardlink"
				? cleanName(tarText(entry.linkName))
				: tarText(entry.linkName),
		...{ deviceMajor: entry.deviceMajor, deviceMinor: entry.deviceMinor },
	};
}

const kinds = {
	file: "file",
	hardlink: "file",
	directory: "folder",
	symlink: "link",
	character: "device",
	block: "device",
	fifo: "fifo",
} as const;

function comparePaths(one: string, other: string): number {
	const names = one.split("/");
	const others = other.split("/");
	for (let at = 0; at < Math.min(names.length, others.length); at++) {
		const order = Buffer.compare(Buffer.from(names[at]!), Buffer.from(others[at]!));
		if (order !== 0) return order;
	}
	return names.length - others.length;
}

async function sendFiles(
	files: readonly SpooledFile[],
	spool: number,
	{ session, exporter, signal }: SendOptions,
): Promise<void> {
	const messages = { request: Packet, response: Packet };
	const metadata = exporterHeaders(session, exporter);
	using call = session.connection.stream(fileSendPath, messages, { signal, metadata });
	const answers = answerRequests(files, spool, call);
	answers.catch(() => undefined);
	try {
		for (const { stat } of files) await call.send({ type: packetType.stat, stat });
		await call.send({ type: packetType.stat });
		await answers;
	} catch (error) {
		throw toEngineError(error, "sending the result to the client");
	}
}

async function answerRequests(
	files: readonly SpooledFile[],
	spool: number,
	call: {
		readonly messages: AsyncIterable<Decoded<typeof Packet>>;
		send(packet: Partial<Decoded<typeof Packet>>): Promise<void>;
		endSending(): void;
	},
): Promise<void> {
	for await (const { type, id, data } of call.messages) {
		if (type === packetType.request) await sendContent(files[id], spool, { id, send: call.send });
		else if (type === packetType.end) {
			await call.send({ type: packetType.end });
			call.endSending();
		} else if (type === packetType.error)
			throw new EngineError("unavailable", Buffer.from(data).toString("utf8", 0, 4096));
		else throw new EngineError("invalid_argument", `the client sent a packet of kind ${type}`);
	}
}

async function sendContent(
	file: SpooledFile | undefined,
	spool: number,
	to: { readonly id: number; readonly send: (packet: Partial<Decoded<typeof Packet>>) => Promise<void> },
): Promise<void> {
	if (file === undefined) throw new EngineError("invalid_argument", `the client asked for a file ${to.id}`);
	for (let at = 0; at < file.sizeBytes; ) {
		const data = Buffer.allocUnsafe(Math.min(32 * 1024, file.sizeBytes - at));
		const read = readSync(spool, data, 0, data.length, file.offset + at);
		if (read === 0) throw new EngineError("corrupt", `${file.stat.path}: its content is cut off`);
		await to.send({ type: packetType.data, id: to.id, data: data.subarray(0, read) });
		at += read;
	}
	await to.send({ type: packetType.data, id: to.id });
}

function exporterHeaders(session: Session, exporter: number): Record<string, string> {
	if (!session.serves(fileSendPath))
		throw new EngineError("invalid_argument", "the client's session takes no results");
	return { "buildkit-attachable-exporter-id": String(exporter) };
}

async function drain(messages: AsyncIterable<unknown>): Promise<void> {
	for await (const message of messages) void message;
}
