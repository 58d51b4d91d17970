/**
 * What the daemon and its archive workers say to each other. The request is the worker's last argument, as JSON. The
 * worker answers on descriptor 3 with one JSON message a line: any number of `progress`, at most one `stat`, and then
 * one `result` or `error`; an archive travels on its stdin or stdout. Of a blob that grows while it is extracted stdin
 * tells: a `+` for each growth, a `.` when it is whole. An end without it is a failure.
 */
import { EngineError, type ErrorCode, errorCodes } from "../lib/index.ts";
import type { ArchiveRoot, ArchiveStat, ChangeSource, ExtractLimits, Placement } from "./contract.ts";

export type WorkerRequest =
	| {
			readonly op: "extract-layer";
			readonly blobPath: string;
			readonly grows: boolean;
			readonly directory: string;
			readonly whiteouts: "overlay" | "apply";
			readonly limits: ExtractLimits;
	  }
	| (TreeRequest & { readonly op: "stat" | "pack"; readonly path: string })
	| (TreeRequest & {
			readonly op: "unpack";
			readonly path: string;
			readonly noOverwriteDirNonDir: boolean;
			readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
			readonly ownerName?: string;
			readonly latest?: number;
			readonly limits: ExtractLimits;
	  })
	| (TreeRequest & { readonly op: "export-tree"; readonly withRoot?: boolean })
	| {
			readonly op: "clone-tree";
			readonly source: string;
			readonly target: string;
			readonly mountPoint: string;
	  }
	| {
			readonly op: "import-tree";
			readonly directory: string;
			/** It tells changes: names beginning with `.wh.` delete. */
			readonly changes: boolean;
			readonly devices: boolean;
			readonly limits: ExtractLimits;
	  }
	| (TreeRequest & { readonly op: "copy-tree"; readonly path: string; readonly target: string })
	| (TreeRequest & {
			readonly op: "list-packages";
			readonly limits: { readonly maxEntries: number; readonly maxPackages: number };
	  })
	/** The question, which may be long, comes on its stdin. */
	| (TreeRequest & { readonly op: "scan-tree" })
	| {
			readonly op: "bundle";
			readonly path: string;
			readonly limits: ExtractLimits;
			readonly mountPoint: string;
	  }
	/** The matches come on its stdin. */
	| { readonly op: "place"; readonly placement: Omit<Placement, "matches">; readonly mountPoint: string }
	| { readonly op: "is-archive"; readonly mountPoint: string }
	| (TreeRequest & { readonly op: "read-file"; readonly path: string; readonly maxBytes: number })
	| { readonly op: "changes" | "pack-changes"; readonly source: ChangeSource; readonly mountPoint: string };

interface TreeRequest {
	readonly root: ArchiveRoot;
	/** An empty folder; the worker mounts on it, unseen by others. */
	readonly mountPoint: string;
}

export type WorkerMessage =
	| { readonly kind: "progress"; readonly compressedBytes: number }
	| { readonly kind: "copied"; readonly bytes: number }
	| { readonly kind: "warning"; readonly text: string }
	| { readonly kind: "stat"; readonly stat: ArchiveStat }
	| { readonly kind: "result"; readonly value: unknown }
	/** Without a code it is a bug, not something that a user caused. */
	| { readonly kind: "error"; readonly code: ErrorCode | undefined; readonly message: string };

/** Checks a line from a worker. A worker that reads hostile archives is not trusted further than its messages. */
export function parseMessage(line: string): WorkerMessage {
	const message: unknown = JSON.parse(line);
	if (!isRecord(message)) throw unexpected(line);
	switch (message["kind"]) {
		case "progress":
			return { kind: "progress", compressedBytes: numberIn(message, "compressedBytes") };
		case "copied":
			return { kind: "copied", bytes: numberIn(message, "bytes") };
		case "warning":
			return { kind: "warning", text: stringIn(message, "text") };
		case "stat":
			return { kind: "stat", stat: parseStat(message["stat"]) };
		case "result":
			return { kind: "result", value: message["value"] };
		case "error":
			return {
				kind: "error",
				code: errorCodes.find((code) => code === message["code"]),
				message: stringIn(message, "message"),
			};
		default:
			throw unexpected(line);
	}
}

export function parseStat(value: unknown): ArchiveStat {
	if (!isRecord(value)) throw unexpected("stat");
	return {
		name: stringIn(value, "name"),
		size: numberIn(value, "size"),
		mode: numberIn(value, "mode"),
		mtime: stringIn(value, "mtime"),
		linkTarget: stringIn(value, "linkTarget"),
	};
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}

export function numberIn(record: Record<string, unknown>, key: string): number {
	const value = record[key];
	if (typeof value !== "number") throw unexpected(key);
	return value;
}

export function stringIn(record: Record<string, unknown>, key: string): string {
	const value = record[key];
	if (typeof value !== "string") throw unexpected(key);
	return value;
}

function unexpected(what: string): EngineError {
	return new EngineError("runtime_failed", `archive worker: unexpected message: ${what.slice(0, 200)}`);
}
