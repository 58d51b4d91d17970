import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename } from "node:path/posix";
import { EngineError, errnoOf } from "../../lib/index.ts";

export interface FetchedFile {
	/** What the address, or the server, calls it; empty when neither says. */
	readonly name: string;
	readonly sizeBytes: number;
	/** sha256, hexadecimal. */
	readonly digest: string;
	/** Of `Last-Modified`. */
	readonly modified: Date | undefined;
	/** `Content-Type`, in lower case, without parameters. */
	readonly type: string;
}

/** By what a server can be asked whether a file is still the same (RFC 9110, 8.8). */
export interface Validators {
	readonly etag?: string;
	readonly lastModified?: string;
}

/** Downloads an http(s) address into a new file; nothing when it is what is `known`. Errors: `unavailable`, `invalid_argument` for an answer that is none, `too_large`. */
export async function fetchFile(
	address: string,
	path: string,
	options: { readonly maxBytes: number; readonly signal: AbortSignal; readonly known?: Validators },
): Promise<(FetchedFile & { readonly validators: Validators | undefined }) | "unchanged"> {
	const { maxBytes, signal, known } = options;
	const url = parseAddress(address);
	const response = await request(url, signal, known);
	if (response.status === 304) return "unchanged";
	const hash = createHash("sha256");
	let sizeBytes = 0;
	await using file = await open(path, "wx", 0o600);
	try {
		for await (const chunk of response.body ?? []) {
			sizeBytes += chunk.length;
			if (sizeBytes > maxBytes)
				throw new EngineError("too_large", `${shown(url)} has more than ${maxBytes} bytes`);
			hash.update(chunk);
			await file.writeFile(chunk);
		}
	} catch (error) {
		throw downloadError(url, error, signal);
	}
	const modified = new Date(response.headers.get("last-modified") ?? "");
	return {
		name: fileName(url, response),
		sizeBytes,
		digest: hash.digest("hex"),
		modified: Number.isNaN(modified.getTime()) ? undefined : modified,
		validators: validatorsOf(response.headers),
		type: (response.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase(),
	};
}

async function request(url: URL, signal: AbortSignal, known: Validators | undefined): Promise<Response> {
	const headers: Record<string, string> = {};
	if (known?.etag !== undefined) headers["If-None-Match"] = known.etag;
	else if (known?.lastModified !== undefined) headers["If-Modified-Since"] = known.lastModified;
	const response = await fetch(url, { signal, headers }).catch((error: unknown) => {
		throw downloadError(url, error, signal);
	});
	if (response.ok || (known !== undefined && response.status === 304)) return response;
	await response.body?.cancel();
	throw new EngineError("invalid_argument", `cannot download ${shown(url)}: it answers ${response.status}`);
}

const maxMarkLength = 1024;

/** A date alone says enough only when the file had not changed for a minute: it counts seconds. */
function validatorsOf(headers: Headers): Validators | undefined {
	const etag = headers.get("etag") ?? "";
	if (etag !== "" && etag.length <= maxMarkLength) return { etag };
	const lastModified = headers.get("last-modified") ?? "";
	const age = Date.parse(headers.get("date") ?? "") - Date.parse(lastModified);
	return age >= 60_000 && lastModified.length <= maxMarkLength ? { lastModified } : undefined;
}

function downloadError(url: URL, error: unknown, signal: AbortSignal): unknown {
	if (error instanceof EngineError) return error;
	if (signal.aborted) return new EngineError("cancelled", "the build was cancelled", { cause: error });
	return new EngineError(
		"unavailable",
		`cannot download ${shown(url)}: ${errnoOf(error) ?? (error as Error).message}`,
		{ cause: error },
	);
}

function parseAddress(address: string): URL {
	try {
		const url = new URL(address);
		if (url.protocol === "http:" || url.protocol === "https:") return url;
	} catch {}
	throw new EngineError("invalid_argument", `${JSON.stringify(address)} is no http(s) address`);
}

/** Without what may be a password. */
function shown(url: URL): string {
	return `${url.protocol}//${url.host}${url.pathname}`;
}

/** RFC 6266's plain form; a name never leads anywhere. */
function fileName(url: URL, response: Response): string {
	const given = /(?:^|;)\s*filename="?([^";]+)"?/i.exec(response.headers.get("content-disposition") ?? "");
	const name = basename(given?.[1] ?? decode(url.pathname));
	return name === "." || name === ".." || name.includes("\0") ? "" : name;
}

function decode(path: string): string {
	if (path.endsWith("/")) return "";
	try {
		return decodeURIComponent(path);
	} catch {
		return path;
	}
}
